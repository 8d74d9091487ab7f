import { once } from 'node:events';
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { imagePath } from '../../testdata/expected.ts';
import { startContainer } from '../helpers/container.ts';
import { freePort } from '../helpers/free-port.ts';
import { giveTo, type Image } from '../helpers/image.ts';

const ASK_EVERY_MS = 5;
const PATIENCE_MS = 60_000;

/** From the start of a container with an empty volume until it has accepted an upload; ms. */
export async function msToFirstUpload(image: Image): Promise<number> {
  const data = await mkdtemp(join(tmpdir(), 'darkroom-first-'));
  await chmod(data, 0o711);
  await giveTo(image, data);
  const body = await readFile(imagePath('tiny_1x1.png'));
  const url = `http://127.0.0.1:${await freePort()}/upload`;
  const start = performance.now();
  const container = startContainer(image, {
    data,
    env: { PORT: new URL(url).port, HOST: '127.0.0.1', LOG_LEVEL: 'fatal' },
  });
  const ended = once(container, 'close');
  try {
    container.stdout?.resume();
    while (!(await isAccepted(url, body))) {
      if (performance.now() - start > PATIENCE_MS) throw new Error('no upload was accepted');
      await sleep(ASK_EVERY_MS);
    }
    return performance.now() - start;
  } finally {
    container.kill('SIGKILL');
    await ended;
    await rm(data, { recursive: true, force: true });
  }
}

const isAccepted = (url: string, body: Buffer): Promise<boolean> =>
  fetch(url, { method: 'POST', headers: { 'Content-Type': 'image/png' }, body: new Uint8Array(body) }).then(
    ({ ok }) => ok,
    () => false,
  );
