/**
 * The most memory that a worker needs for a picture of 50 MP in each format: each goes through the service alone, on a
 * worker that has run nothing before. `npm run bench:memory`
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp, { type Sharp } from 'sharp';
import { z } from 'zod';
import { startService } from '../helpers/service.ts';
import { Accepted } from '../helpers/upload.ts';

const WIDTH = 8660;
const HEIGHT = 5773;
const MIB = 1024 * 1024;

const JobWithPeak = z.object({
  status: z.string(),
  failure: z.string().nullable(),
  runs: z.array(z.object({ peakRssBytes: z.int().nullable(), milliseconds: z.int().nullable() })),
});

const KINDS: [name: string, type: string, make: (picture: Sharp) => Sharp][] = [
  ['JPEG baseline, 4:2:0', 'jpeg', (it) => it.jpeg({ quality: 85 })],
  ['JPEG progressive, 4:2:0', 'jpeg', (it) => it.jpeg({ quality: 85, progressive: true })],
  [
    'JPEG progressive, 4:4:4',
    'jpeg',
    (it) => it.jpeg({ quality: 85, progressive: true, chromaSubsampling: '4:4:4' }),
  ],
  ['JPEG CMYK', 'jpeg', (it) => it.toColourspace('cmyk').withIccProfile('cmyk').jpeg({ quality: 85 })],
  ['PNG', 'png', (it) => it.png({ compressionLevel: 1 })],
  ['PNG interlaced', 'png', (it) => it.png({ compressionLevel: 1, progressive: true })],
  ['PNG 16 bit', 'png', (it) => it.toColourspace('rgb16').png({ compressionLevel: 1 })],
  ['WebP', 'webp', (it) => it.webp({ quality: 80, effort: 0 })],
  ['WebP lossless', 'webp', (it) => it.webp({ lossless: true, effort: 0 })],
  ['AVIF', 'avif', (it) => it.avif({ quality: 50, effort: 0, chromaSubsampling: '4:2:0' })],
  ['GIF', 'gif', (it) => it.gif({ effort: 1 })],
  ['TIFF strips', 'tiff', (it) => it.tiff({ compression: 'lzw' })],
  ['TIFF tiles', 'tiff', (it) => it.tiff({ compression: 'lzw', tile: true })],
];

/** Slow waves with a grain on them, which compress about as a photo does. */
function painted(): Sharp {
  const pixels = Buffer.allocUnsafe(WIDTH * HEIGHT * 3);
  let grain = 1;
  for (let y = 0, at = 0; y < HEIGHT; y++) {
    for (let x = 0; x < WIDTH; x++) {
      grain = (Math.imul(grain, 1_664_525) + 1_013_904_223) >>> 0;
      const level = 128 + 60 * Math.sin(x / 300) + 50 * Math.sin(y / 200) + (grain >>> 29);
      pixels[at++] = level;
      pixels[at++] = 255 - level;
      pixels[at++] = (level + y / 60) % 256;
    }
  }
  return sharp(pixels, { raw: { width: WIDTH, height: HEIGHT, channels: 3 } });
}

const folder = await mkdtemp(join(tmpdir(), 'darkroom-bench-'));
const env = {
  N_WORKERS: '1',
  QUEUE_DEPTH: '1',
  HANDOFF_TIMEOUT_MS: '30000',
  WORKER_MAX_RUNS: '1',
  MAX_UPLOAD_BYTES: String(1024 * MIB),
  JOB_TIMEOUT_MS: '600000',
  LOG_LEVEL: 'info',
};
try {
  await using service = await startService({ env });
  const picture = painted();
  process.stdout.write('| 50 MP | bytes, MiB | peak RSS, MiB | seconds |\n|---|---:|---:|---:|\n');
  for (const [name, type, make] of KINDS) {
    const path = join(folder, 'picture');
    await make(picture.clone()).toFile(path);
    const body = await readFile(path);
    const headers = { 'content-type': `image/${type}` };
    const answer = await service.fetch('/upload', { method: 'POST', body, headers });
    const { links } = Accepted.parse(await answer.json());
    let job = JobWithPeak.parse(await (await service.fetch(links.job)).json());
    while (job.status === 'queued' || job.status === 'running') {
      await new Promise((resolve) => setTimeout(resolve, 100));
      job = JobWithPeak.parse(await (await service.fetch(links.job)).json());
    }
    const [run] = job.runs;
    const peak = ((run?.peakRssBytes ?? 0) / MIB).toFixed(0);
    const seconds = ((run?.milliseconds ?? 0) / 1000).toFixed(1);
    const cells = [name, (body.length / MIB).toFixed(1), job.failure ?? peak, seconds];
    process.stdout.write(`| ${cells.join(' | ')} |\n`);
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}
