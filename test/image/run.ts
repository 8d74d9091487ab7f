/**
 * `npm run test:image`: builds both targets of the Dockerfile, without a registry or an engine, says what is in them, and runs the
 * end-to-end suite against each, started as an engine would. It needs root, and some packages of Debian.
 * `--keep FOLDER` leaves the unpacked images in a folder, for DARKROOM_IMAGE.
 */
import { spawnSync } from 'node:child_process';
import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { readImage } from '../helpers/image.ts';
import { buildTarget, makeBuildImage } from './build-image.ts';
import { figuresOf, told } from './figures.ts';
import { msToFirstUpload } from './first-upload.ts';
import { Store, whyNoImages } from './store.ts';
import { unpack } from './unpack.ts';

const TARGETS = ['node', 'bun'] as const;

const STARTS = 3;

const { keep } = parseArgs({ options: { keep: { type: 'string' } } }).values;

const say = (text: string): void => void process.stdout.write(`${text}\n`);

async function timed<T>(what: string, step: () => T | Promise<T>): Promise<T> {
  const start = performance.now();
  const result = await step();
  say(`${what}: ${((performance.now() - start) / 1000).toFixed(1)} s`);
  return result;
}

const why = whyNoImages();
if (why !== null) {
  say(`skipped: there is no image: ${why}`);
  process.exit(process.env.CI === 'true' ? 1 : 0);
}

using store = new Store();
chmodSync(store.folder, 0o711);
const images = keep ?? join(store.folder, 'images');
const buildImage = await timed('Debian with Node and npm', () => makeBuildImage(store));
for (const target of TARGETS) {
  const folder = join(images, target);
  await timed(`build of ${target}`, () => unpack(store, buildTarget(store, target, buildImage), folder));
  say(`image of ${target}: ${told(figuresOf(join(folder, 'root')))}`);
  const image = readImage(folder);
  const times: number[] = [];
  for (let start = 0; start < STARTS; start += 1) times.push(await msToFirstUpload(image));
  times.sort((one, other) => one - other);
  say(`start to first accepted upload: ${times.map((ms) => `${ms.toFixed(0)} ms`).join(', ')}`);
}
for (const target of TARGETS) {
  const env = { ...process.env, DARKROOM_IMAGE: join(images, target), DARKROOM_RUNTIME: target };
  await timed(`suite on the image of ${target}`, () => {
    const { status } = spawnSync('vitest', ['run'], { stdio: 'inherit', env });
    if (status !== 0) process.exitCode = 1;
  });
}
