/**
 * The service against sharp alone: the same six outputs of the same files at the same concurrency, one after the other in
 * one run, several times in turn. And the time from POST to 200 on an idle service. `npm run bench [-- FOLDER]`.
 */
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { newImageId, newJobId, newRunId } from '../../shared/domain/ids.ts';
import { DEFAULT_PRESET, recipeFor } from '../../shared/domain/preset.ts';
import { makeVariants } from '../../workers/worker/pipeline.ts';
import { type RunningService, startService } from '../helpers/service.ts';
import { newPicture } from '../helpers/upload.ts';

const ROUNDS = 5;
const UPLOADS = 60;
const IDLE_UPLOADS = 40;
const AT_ONCE = availableParallelism();

const folder = process.argv[2] ?? fileURLToPath(new URL('../../testdata/images', import.meta.url));
const names = process.argv[2]
  ? await readdir(folder)
  : ['testimage_medium.jpg', 'testimage_200kb.jpg', 'testimage_large.jpg'];
const paths = names.filter((name) => /\.jpe?g$/i.test(name)).map((name) => join(folder, name));
const work = Array.from({ length: UPLOADS }, (_, i) => paths[i % paths.length] ?? '');

const median = (values: number[]): number =>
  values.sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

/** Runs a task for every item, so many at once; gives items per second. */
async function rate(
  items: readonly string[],
  atOnce: number,
  task: (item: string) => Promise<void>,
): Promise<number> {
  const queue = [...items];
  const begin = performance.now();
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      for (let item = queue.shift(); item !== undefined; item = queue.shift()) await task(item);
    }),
  );
  return (items.length / (performance.now() - begin)) * 1000;
}

async function sharpAlone(path: string): Promise<void> {
  const outputPath = await mkdtemp(join(tmpdir(), 'darkroom-bench-'));
  const ids = { runId: newRunId(), jobId: newJobId(), imageId: newImageId(), requestId: 'bench' };
  const input = {
    inputPath: path,
    outputPath,
    format: 'jpeg',
    recipe: recipeFor(DEFAULT_PRESET, null),
    watermarkPath: null,
    encodesAtOnce: 1,
    maxPixels: 50_000_000,
  } as const;
  await makeVariants({ type: 'run', ...ids, ...input });
  await rm(outputPath, { recursive: true });
}

async function throughService(service: RunningService, path: string): Promise<void> {
  const body = await newPicture(path);
  const headers = { 'content-type': 'image/jpeg', prefer: 'wait=60' };
  const answer = await service.fetch('/upload', { method: 'POST', body, headers });
  const { status } = (await answer.json()) as { status: string };
  if (status !== 'succeeded') throw new Error(`an upload ended as ${answer.status} ${status}`);
}

async function acceptLatency(service: RunningService): Promise<number> {
  const path = fileURLToPath(new URL('../../testdata/images/testimage_200kb.jpg', import.meta.url));
  const times: number[] = [];
  for (let i = 0; i < IDLE_UPLOADS; i++) {
    const body = await newPicture(path);
    const begin = performance.now();
    const answer = await service.fetch('/upload', {
      method: 'POST',
      body,
      headers: { 'content-type': 'image/jpeg' },
    });
    const { links } = (await answer.json()) as { links: { job: string } };
    times.push(performance.now() - begin);
    while (!/succeeded/.test(await (await service.fetch(links.job)).text())) await new Promise(setImmediate);
  }
  return median(times);
}

sharp.concurrency(1);
sharp.cache(false);
await using service = await startService({
  env: { N_WORKERS: String(AT_ONCE), QUEUE_DEPTH: String(4 * AT_ONCE), LOG_LEVEL: 'info' },
});
await rate(work.slice(0, 8), AT_ONCE, (path) => throughService(service, path));
await rate(work.slice(0, 8), AT_ONCE, sharpAlone);

const ratios: number[] = [];
for (let round = 0; round < ROUNDS; round++) {
  const alone = await rate(work, AT_ONCE, sharpAlone);
  // Twice as many clients as workers: there is always an upload that waits.
  const through = await rate(work, 2 * AT_ONCE, (path) => throughService(service, path));
  ratios.push(through / alone);
  process.stdout.write(`sharp alone ${alone.toFixed(1)}/s, service ${through.toFixed(1)}/s\n`);
}
process.stdout.write(`service against sharp alone: ${median(ratios).toFixed(2)} (median of ${ROUNDS})\n`);
process.stdout.write(
  `accept at idle, 200 kB JPEG: ${(await acceptLatency(service)).toFixed(1)} ms (p50 of ${IDLE_UPLOADS})\n`,
);
