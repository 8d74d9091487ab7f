import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import sharp, { type Kernel } from 'sharp';
import { type Description, VERDICTS } from '../../shared/domain/description.ts';
import { describe } from '../../workers/worker/describe/describe.ts';
import { asPicture, draw, type Raster } from '../../workers/worker/raster.ts';

/**
 * What is found in pictures of which is known what should be: where the thresholds of `verdict.ts` come from.
 *
 *     node test/bench/quality.ts FOLDER [--each]
 *
 * FOLDER holds `photos` (all of them sharp somewhere, and light enough to see something), and `screenshots` and
 * `drawings` where there are some. The photos are measured as they are, and made worse step by step; with `--each` the
 * figures of each picture as it is are told, too.
 */
const [folder, each] = process.argv.slice(2);
if (folder === undefined) throw new Error('node test/bench/quality.ts FOLDER [--each]');

/** The default preset's largest; what the photos are made worse at. */
const LONG_SIDE = 1600;

type Change = (raster: Raster) => Promise<Buffer>;

/** Of the long side. */
const blurred =
  (percent: number): Change =>
  (raster) =>
    asPicture(raster)
      .blur(Math.max(0.3, (longSideOf(raster) * percent) / 100))
      .jpeg()
      .toBuffer();

/** As if the camera had moved by a share of the long side while it looked. */
const moved =
  (percent: number, direction: 'across' | 'down' | 'aslant'): Change =>
  async (raster) => {
    const length = 2 * Math.round((longSideOf(raster) * percent) / 200) + 1;
    return asPicture(raster)
      .convolve(path(Math.max(3, length), direction))
      .jpeg()
      .toBuffer();
  };

function path(length: number, direction: 'across' | 'down' | 'aslant'): Kernel {
  const width = direction === 'down' ? 3 : length;
  const height = direction === 'across' ? 3 : length;
  const kernel = Array.from({ length: width * height }, (_, at) => {
    const x = at % width;
    const y = Math.floor(at / width);
    if (direction === 'aslant') return x === y ? 1 : 0;
    return (direction === 'across' ? y : x) === 1 ? 1 : 0;
  });
  return { width, height, kernel };
}

const darkened =
  (factor: number): Change =>
  (raster) =>
    asPicture(raster).linear(factor, 0).jpeg().toBuffer();

const noisy =
  (change: Change): Change =>
  async (raster) => {
    const { width, height, channels, frames, pixels } = await rasterOf(await change(raster));
    let state = 1;
    const noise = pixels.map((level) => {
      state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
      return Math.max(0, Math.min(255, level + 16 * (state / 2 ** 31 - 0.5)));
    });
    return asPicture({ width, height, channels, frames, pixels: Buffer.from(noise) })
      .jpeg()
      .toBuffer();
  };

/** A thing photographed from straight ahead, before a plain ground: the nearest that a photo comes to a page. */
const before =
  (background: string): Change =>
  async (raster) => {
    const thing = await asPicture(raster).resize(650, 650, { fit: 'inside' }).png().toBuffer();
    const ground = sharp({ create: { width: 1000, height: 800, channels: 3, background } });
    return ground
      .composite([{ input: thing }])
      .jpeg()
      .toBuffer();
  };

const jpeg =
  (quality: number): Change =>
  (raster) =>
    asPicture(raster).jpeg({ quality }).toBuffer();

const cropped: Change = (raster) => {
  const { width, height } = raster;
  const area = {
    left: Math.floor(width / 10),
    top: Math.floor(height / 10),
    width: Math.floor(width * 0.8),
    height: Math.floor(height * 0.8),
  };
  return asPicture(raster).extract(area).jpeg().toBuffer();
};

const asItIs: Change = jpeg(100);

const STEPS: [kind: string, name: string, change: Change][] = [
  ['photos', 'as they are', asItIs],
  ['photos', 'JPEG of quality 40', jpeg(40)],
  ['photos', 'before white', before('#fff')],
  ['photos', 'before black', before('#000')],
  ...[0.1, 0.2, 0.3, 0.5, 0.8].map((percent): [string, string, Change] => [
    'photos',
    `blurred by ${percent} %`,
    blurred(percent),
  ]),
  ['photos', 'blurred by 0.5 %, noisy', noisy(blurred(0.5))],
  ...[0.5, 1, 2, 3].map((percent): [string, string, Change] => [
    'photos',
    `moved across by ${percent} %`,
    moved(percent, 'across'),
  ]),
  ['photos', 'moved down by 2 %', moved(2, 'down')],
  ['photos', 'moved aslant by 2 %', moved(2, 'aslant')],
  ...[0.5, 0.3, 0.2, 0.1].map((factor): [string, string, Change] => [
    'photos',
    `darkened to ${factor * 100} %`,
    darkened(factor),
  ]),
  ['screenshots', 'as they are', asItIs],
  ['screenshots', 'JPEG of quality 70', jpeg(70)],
  ['screenshots', 'cropped', cropped],
  ['drawings', 'as they are', asItIs],
];

const longSideOf = ({ width, height }: Raster): number => Math.max(width, height);

const rasterOf = (picture: string | Buffer): Promise<Raster> =>
  draw(
    sharp(picture)
      .autoOrient()
      .flatten({ background: '#fff' })
      .resize(LONG_SIDE, LONG_SIDE, { fit: 'inside', withoutEnlargement: true })
      .toColourspace('srgb'),
  );

const say = (line: string) => process.stdout.write(`${line}\n`);

function quantiles(figures: number[]): string {
  const sorted = figures.toSorted((a, b) => a - b);
  return [0, 0.1, 0.5, 1]
    .map((share) => (sorted[Math.floor((sorted.length - 1) * share)] ?? 0).toFixed(2).padStart(6))
    .join('');
}

const files = async (kind: string) =>
  (await readdir(join(folder, kind)).catch(() => [])).map((file) => join(folder, kind, file));

const head = ['sharpness: least, 10 %, median, most', 'brightness'].map((text) => text.padEnd(25)).join(' ');
say(`${''.padEnd(38)}${head}  ${VERDICTS.join('  ')}`);
for (const [kind, name, change] of STEPS) {
  const found: Description['quality'][] = [];
  for (const file of await files(kind)) {
    const raster = await rasterOf(await change(await rasterOf(file)));
    const { quality, colour, perceptualHash } = await describe([raster], { ...raster, hasCamera: false });
    found.push(quality);
    const { sharpness, brightness, shadows, highlights, verdicts } = quality;
    const figures = [sharpness, brightness, shadows, highlights].map((figure) => figure.toFixed(3));
    if (each === '--each' && change === asItIs)
      say(`  ${[...figures, colour, perceptualHash, verdicts.join()].join(' ')} ${file}`);
  }
  if (found.length === 0) continue;
  const shares = VERDICTS.map((verdict) => {
    const count = found.filter(({ verdicts }) => verdicts.includes(verdict)).length;
    return `${Math.round((100 * count) / found.length)} %`.padStart(verdict.length);
  });
  const sharpness = quantiles(found.map((quality) => quality.sharpness));
  const brightness = quantiles(found.map((quality) => quality.brightness));
  say(`${`${found.length} ${kind} ${name}`.padEnd(38)}${sharpness}  ${brightness}    ${shares.join('  ')}`);
}
