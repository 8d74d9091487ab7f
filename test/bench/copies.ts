import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import sharp, { type Sharp } from 'sharp';
import { bandsApart, bandsOf } from '../../shared/domain/hash-bands.ts';
import { describe } from '../../workers/worker/describe/describe.ts';
import { asPicture, draw, type Raster } from '../../workers/worker/raster.ts';

/**
 * How far the perceptual hashes of copies of photos are from those of the photos, and how far those of different photos
 * are from each other: where the default distance of `GET /images/:id/similar` comes from.
 *
 *     node test/bench/copies.ts FOLDER        each file in it is a photo, and no two are of one scene
 */
const [folder] = process.argv.slice(2);
if (folder === undefined) throw new Error('node test/bench/copies.ts FOLDER');

/** As a worker has it before it describes: upright sRGB. */
const LONG_SIDE = 1600;

const rasterOf = (picture: Sharp): Promise<Raster> =>
  draw(
    picture
      .autoOrient()
      .flatten({ background: '#fff' })
      .resize(LONG_SIDE, LONG_SIDE, { fit: 'inside', withoutEnlargement: true })
      .toColourspace('srgb'),
  );

const hashOf = async (raster: Raster) =>
  bandsOf((await describe([raster], { ...raster, hasCamera: true })).perceptualHash);

const again = async (picture: Sharp): Promise<Raster> => rasterOf(sharp(await picture.jpeg().toBuffer()));

/** Cuts a share of the picture off its left and its top. */
function cutOff({ width, height, ...raster }: Raster, share: number): Sharp {
  const left = Math.round(width * share);
  const top = Math.round(height * share);
  return asPicture({ width, height, ...raster }).extract({
    left,
    top,
    width: width - left,
    height: height - top,
  });
}

const COPIES: Record<string, (raster: Raster) => Promise<Raster>> = {
  'JPEG of quality 30': async (raster) =>
    rasterOf(sharp(await asPicture(raster).jpeg({ quality: 30 }).toBuffer())),
  'WebP of quality 50': async (raster) =>
    rasterOf(sharp(await asPicture(raster).webp({ quality: 50 }).toBuffer())),
  'half the size': (raster) => again(asPicture(raster).resize(Math.ceil(raster.width / 2))),
  'a thumbnail of 160 pixels': (raster) => again(asPicture(raster).resize(160)),
  'other aspect by a tenth': (raster) =>
    again(asPicture(raster).resize(raster.width, Math.round(raster.height * 0.9), { fit: 'fill' })),
  'brighter by a fifth': (raster) => again(asPicture(raster).modulate({ brightness: 1.2 })),
  'darker by a third': (raster) => again(asPicture(raster).modulate({ brightness: 0.67 })),
  'more contrast': (raster) => again(asPicture(raster).linear(1.2, -25)),
  'no colours': (raster) => again(asPicture(raster).greyscale()),
  blurred: (raster) => again(asPicture(raster).blur(4)),
  '1 % cut off two sides': (raster) => again(cutOff(raster, 0.01)),
  '3 % cut off two sides': (raster) => again(cutOff(raster, 0.03)),
  '5 % cut off two sides': (raster) => again(cutOff(raster, 0.05)),
  '10 % cut off two sides': (raster) => again(cutOff(raster, 0.1)),
  'turned by 2 degrees': (raster) => again(asPicture(raster).rotate(2, { background: '#888' })),
  mirrored: (raster) => again(asPicture(raster).flop()),
};

const say = (line: string) => process.stdout.write(`${line}\n`);

function row(name: string, distances: number[]): void {
  const sorted = distances.toSorted((a, b) => a - b);
  const at = (share: number) => String(sorted[Math.floor((sorted.length - 1) * share)]).padStart(8);
  const within = [3, 7, 11].map((distance) => {
    const share = sorted.filter((found) => found <= distance).length / sorted.length;
    return `${(100 * share).toFixed(share > 0 && share < 0.01 ? 2 : 0)} %`.padStart(8);
  });
  say(`${name.padEnd(28)}${at(0)}${at(0.5)}${at(0.9)}${at(1)} ${within.join('')}`);
}

const rasters: Raster[] = [];
for (const file of await readdir(folder)) rasters.push(await rasterOf(sharp(join(folder, file))));
const hashes = await Promise.all(rasters.map(hashOf));

say(`${'bits apart'.padEnd(28)}   least  median     90%    most     <=3     <=7    <=11`);
for (const [name, copy] of Object.entries(COPIES)) {
  const distances: number[] = [];
  for (const [index, raster] of rasters.entries()) {
    const hash = hashes[index];
    if (hash) distances.push(bandsApart(hash, await hashOf(await copy(raster))));
  }
  row(name, distances);
}
const pairs = hashes.flatMap((a, index) => hashes.slice(index + 1).map((b) => bandsApart(a, b)));
row(`${pairs.length} pairs of photos`, pairs);
