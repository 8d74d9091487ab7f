/**
 * What each setting of the encoders costs at the quality that looks like the default JPEG: bytes and CPU, at the sizes of
 * variants. `npm run bench:encoders -- [--folder PHOTOS] [--sizes 1600,800,320] [--write]`, some minutes a photo.
 * With butteraugli_main of libjxl in the PATH, by what eyes see as well.
 */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import sharp from 'sharp';
import { pathsIn } from './compare/pictures.ts';
import { hasButteraugli } from './encoders/likeness.ts';
import { measureLadders, measurePng } from './encoders/measure.ts';
import { type Reference, referenceOf } from './encoders/reference.ts';
import { report, type SizeFigures } from './encoders/report.ts';
import { between } from './markdown.ts';

const { values: given } = parseArgs({
  options: {
    folder: { type: 'string' },
    sizes: { type: 'string', default: '1600,800,320' },
    write: { type: 'boolean', default: false },
  },
});
/** At more, it takes seconds a file. */
const LARGEST_FOR_BUTTERAUGLI = 800;
const DOCUMENT = new URL('./encoders.md', import.meta.url);

sharp.concurrency(1);
sharp.cache(false);
const paths = await pathsIn(given.folder);
const work = await mkdtemp(join(tmpdir(), 'darkroom-bench-'));
const isInstalled = await hasButteraugli();

const sizes: SizeFigures[] = [];
try {
  for (const longestSide of given.sizes.split(',').map(Number)) {
    const all = await Promise.all(paths.map((path) => referenceOf(path, longestSide)));
    const references = all.filter((it): it is Reference => it !== null);
    const folder = isInstalled && longestSide <= LARGEST_FOR_BUTTERAUGLI ? work : null;
    const ladders = await measureLadders(references, longestSide, folder, () => process.stderr.write('.'));
    sizes.push({ longestSide, photos: references.length, ladders, png: await measurePng(references) });
    process.stdout.write(`\n${report(sizes.slice(-1))}\n\n`);
  }
} finally {
  await rm(work, { recursive: true });
}

const versions = `sharp ${sharp.versions.sharp}, libvips ${sharp.versions.vips}, Node ${process.versions.node}`;
const about = `${new Date().toISOString().slice(0, 10)}, ${versions}. Medians over the photos.`;
if (given.write) {
  await writeFile(
    DOCUMENT,
    between(await readFile(DOCUMENT, 'utf8'), 'encoders', `${about}\n\n${report(sizes)}`),
  );
}
