/**
 * Darkroom against sharp alone and against services that make each variant by itself: the same outputs of the same files
 * at the same concurrency, in turn in one run.
 * `npm run bench -- [--folder PHOTOS] [--rounds 5] [--images 24] [--only one] [--write]`
 */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import sharp from 'sharp';
import { acceptLatency } from './compare/accept-latency.ts';
import { chart } from './compare/chart.ts';
import { closeConnections } from './compare/http-client.ts';
import { type Figures, measure } from './compare/measure.ts';
import { namesOf, pathsIn, picturesOf } from './compare/pictures.ts';
import { bodyPerVariantSide, ipxSide } from './compare/request-sides.ts';
import { SCENARIOS } from './compare/scenario.ts';
import { serviceSide } from './compare/service-side.ts';
import { sharpSide } from './compare/sharp-side.ts';
import type { Side } from './compare/side.ts';
import { latencyLine, tables } from './compare/table.ts';
import { between } from './markdown.ts';

const { values: given } = parseArgs({
  options: {
    folder: { type: 'string' },
    rounds: { type: 'string', default: '5' },
    images: { type: 'string', default: '24' },
    only: { type: 'string' },
    write: { type: 'boolean', default: false },
  },
});
const README = new URL('../../README.md', import.meta.url);
const CHART = new URL('./throughput.svg', import.meta.url);
const ACCEPTS = 60;

const atOnce = availableParallelism();
const paths = await pathsIn(given.folder);
const scenarios = SCENARIOS.filter(({ name }) => given.only === undefined || name === given.only);
if (scenarios.length === 0) throw new Error(`--only takes ${SCENARIOS.map(({ name }) => name).join(', ')}`);
const work = await mkdtemp(join(tmpdir(), 'darkroom-bench-'));
const bare = join(work, 'bare');
await mkdir(bare);

const sides: Side[] = [];
const started = <T extends Side>(side: T): T => {
  sides.push(side);
  return side;
};
const all: Figures[] = [];
try {
  const limit = started(await sharpSide('sharp, cascade (limit)', 'cascade'));
  const service = started(await serviceSide(scenarios, work, atOnce));
  started(await sharpSide('sharp, a pipeline per output', 'pipeline per output'));
  started(await ipxSide(dirname(paths[0] ?? '.')));
  started(await bodyPerVariantSide());
  for (const scenario of scenarios) {
    const pictures = () => picturesOf(paths, Number(given.images));
    all.push(await measure(scenario, sides, limit, { rounds: Number(given.rounds), atOnce, pictures }));
    process.stdout.write(`${tables(all.slice(-1))}\n\n`);
  }
  const latency = latencyLine(await acceptLatency(service.url, bare, ACCEPTS));
  const about =
    `${new Date().toISOString().slice(0, 10)}, ${atOnce} cores (${cpus()[0]?.model}), Node ${process.versions.node}, ` +
    `sharp ${sharp.versions.sharp}, libvips ${sharp.versions.vips}; ${given.images} pictures a round of ${namesOf(paths)}; ` +
    `medians of ${given.rounds} rounds.`;
  process.stdout.write(`${latency}\n${about}\n`);
  if (given.write) {
    await writeFile(CHART, chart(all));
    const text = `${tables(all)}\n\n${latency}\n\n${about}`;
    await writeFile(README, between(await readFile(README, 'utf8'), 'bench', text));
  }
} finally {
  for (const side of sides) await side.stop();
  closeConnections();
  await rm(work, { recursive: true, force: true });
}
