import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { imagePath } from '../../testdata/expected.ts';
import { eventually } from '../helpers/eventually.ts';
import { filesBelow } from '../helpers/files-below.ts';
import { rawRequest } from '../helpers/http-exchange.ts';
import { expectProblem } from '../helpers/problem-answer.ts';
import { freezeWorkers } from '../helpers/processes.ts';
import { RUNTIME, type RunningService, startService } from '../helpers/service.ts';
import { newPicture, postImage } from '../helpers/upload.ts';

const TINY = imagePath('tiny_1x1.png');
const JPEG = await readFile(imagePath('testimage_medium.jpg'));

/** Asks before it sends its body, as curl does; gives all that came until the service has closed the connection. */
async function ask(
  service: RunningService,
  headers: string[],
  body: Buffer,
  path = '/upload',
): Promise<string> {
  const socket = connect(Number(new URL(service.url).port), '127.0.0.1');
  let heard = '';
  socket.on('data', (data) => {
    heard += data.toString('latin1');
    if (/^HTTP\/1.1 100 Continue\r\n\r\n$/.test(heard)) socket.write(body);
  });
  const head = [`POST ${path} HTTP/1.1`, 'Host: darkroom', 'Expect: 100-continue', ...headers];
  socket.write(`${head.join('\r\n')}\r\n\r\n`);
  await once(socket, 'close');
  return heard;
}

const headersOf = (bytes: number) => ['Content-Type: image/jpeg', `Content-Length: ${bytes}`];

// Bun answers 100 by itself, before it asks us.
describe.skipIf(RUNTIME === 'bun')('a client that asks before it sends its body', () => {
  let service: RunningService;
  beforeAll(async () => {
    service = await startService();
  });
  afterAll(() => service[Symbol.asyncDispose]());

  it('is told to send it, and gets its answer', async () => {
    const heard = await ask(service, [...headersOf(JPEG.length), 'Connection: close'], JPEG);
    expect(heard).toMatch(/^HTTP\/1.1 100 Continue\r\n\r\nHTTP\/1.1 200 OK\r\n/);
  });

  it.each([
    ['too many bytes', '/upload', headersOf(10 ** 9), 413],
    ['no type', '/upload', ['Content-Length: 100'], 400],
    ['a lane that there is not', '/upload?lane=express', headersOf(100), 400],
    ['nothing at this address', '/uploads', headersOf(100), 404],
  ])('gets the refusal in its place: %s', async (_, path, headers, status) => {
    const heard = await ask(service, headers, JPEG, path);
    expect(heard).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(heard.toLowerCase()).toContain('connection: close');
  });

  it('gets the refusal in its place while the line is longer than the hand-off time', async () => {
    await using busy = await startService({ env: { N_WORKERS: '1', HANDOFF_TIMEOUT_MS: '1000' } });
    await freezeWorkers(busy);
    expect((await postImage(busy, await newPicture(TINY))).status).toBe(200);
    let isRefused = false;
    const others = Array.from({ length: 40 }, async () => {
      while (!isRefused) await postImage(busy, await newPicture(TINY));
    });
    const headers = [...headersOf(JPEG.length), 'Connection: close'];
    // Some are read, for workers that may come free.
    while (!isRefused) isRefused = (await ask(busy, headers, JPEG)).startsWith('HTTP/1.1 503 ');
    await Promise.all(others);
  });
});

it('uploads that stand still give way when there is no room for another', async () => {
  await using service = await startService({ env: { MAX_UPLOADS: '2' } });
  // More than is gathered before it is written.
  const half = Buffer.alloc(600_000);
  const headers = { 'content-type': 'image/jpeg', 'content-length': 2 * half.length };
  const still = [1, 2].map(() => rawRequest(service, '/upload', { headers, body: half, standStill: true }));
  const spooled = async () => (await filesBelow(join(service.folder, 'spool'))).length;
  await eventually('two uploads that stand still', async () => (await spooled()) === 2);

  // While they may still get going there is no room; then the slower one goes.
  let answer = await postImage(service, await newPicture(TINY));
  await expectProblem(answer.clone(), 'too_many_uploads');
  while (answer.status === 503) answer = await postImage(service, await newPicture(TINY));
  expect(answer.status).toBe(200);
  await expectProblem(await Promise.race(still), 'upload_too_slow');
  // The other one breaks off with the service.
  for (const upload of still) upload.catch(() => {});
});
