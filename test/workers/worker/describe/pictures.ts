import sharp, { type Sharp } from 'sharp';
import type { PerceptualHash } from '../../../../shared/domain/description.ts';
import { bandsApart, bandsOf } from '../../../../shared/domain/hash-bands.ts';
import { imagePath } from '../../../../testdata/expected.ts';
import type { Plane } from '../../../../workers/worker/describe/luma.ts';
import { asPicture, draw, type Raster } from '../../../../workers/worker/raster.ts';

export const bitsApart = (a: PerceptualHash, b: PerceptualHash): number => bandsApart(bandsOf(a), bandsOf(b));

type Pixel = readonly [number, number, number] | readonly [number, number, number, number];

/** A raster painted by a function of the place; with alpha where the first pixel has it. */
export function painted(width: number, height: number, pixel: (x: number, y: number) => Pixel): Raster {
  const channels = pixel(0, 0).length === 4 ? 4 : 3;
  const pixels = Buffer.alloc(width * height * channels);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) pixels.set(pixel(x, y), (y * width + x) * channels);
  }
  return { width, height, channels, frames: 1, pixels };
}

export const plane = (width: number, height: number, value: (x: number, y: number) => number): Plane => ({
  width,
  height,
  values: Uint8Array.from({ length: width * height }, (_, at) => value(at % width, Math.floor(at / width))),
});

/** The project's own photo-like picture, as a worker has it before it describes. */
export const photo = (): Promise<Raster> => draw(sharp(imagePath('testimage_medium.jpg')).autoOrient());

/** What came of a change and JPEG. */
export const changed = async (raster: Raster, change: (picture: Sharp) => Sharp, quality = 80) =>
  draw(sharp(await change(asPicture(raster)).jpeg({ quality }).toBuffer()));

/** A page of a screen: lines of rectangles about as large as letters, on a ground. */
export const page = (width: number, height: number, ground: Pixel, ink: Pixel): Raster =>
  painted(width, height, (x, y) => (y % 20 >= 6 && y % 20 < 14 && x % 7 < 4 && x % 90 < 75 ? ink : ground));
