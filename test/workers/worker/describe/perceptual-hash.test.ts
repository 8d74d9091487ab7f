import fc from 'fast-check';
import sharp from 'sharp';
import { beforeAll, expect, test } from 'vitest';
import type { PerceptualHash } from '../../../../shared/domain/description.ts';
import { imagePath } from '../../../../testdata/expected.ts';
import { lumaOf } from '../../../../workers/worker/describe/luma.ts';
import { perceptualHash } from '../../../../workers/worker/describe/perceptual-hash.ts';
import { draw, type Raster } from '../../../../workers/worker/raster.ts';
import { bitsApart, changed, photo, plane } from './pictures.ts';

let original: Raster;
let hash: PerceptualHash;
beforeAll(async () => {
  original = await photo();
  hash = perceptualHash(lumaOf(original));
});

const distanceTo = (raster: Raster) => bitsApart(hash, perceptualHash(lumaOf(raster)));

test.for([
  ['compressed hard', (picture) => picture, 20],
  ['a tenth of the size', (picture) => picture.resize(160), 80],
  ['brighter', (picture) => picture.modulate({ brightness: 1.2 }), 80],
  ['darker', (picture) => picture.modulate({ brightness: 0.7 }), 80],
  ['without colours', (picture) => picture.greyscale(), 80],
  ['blurred', (picture) => picture.blur(4), 80],
  ['cut by a hundredth', (picture) => picture.extract({ left: 20, top: 15, width: 1980, height: 1485 }), 80],
] satisfies [string, Parameters<typeof changed>[1], number][])(
  'a copy that is %s is within seven bits',
  async ([, change, quality]) => {
    expect(distanceTo(await changed(original, change, quality))).toBeLessThanOrEqual(7);
  },
);

test('the same picture turned upside down is another one', async () => {
  expect(distanceTo(await changed(original, (picture) => picture.flip()))).toBeGreaterThan(15);
});

test('another picture is far away', () => {
  const rings = plane(400, 300, (x, y) => 128 + 120 * Math.sin(Math.hypot(x - 90, y - 210) / 25));
  expect(bitsApart(hash, perceptualHash(rings))).toBeGreaterThan(15);
});

test('a cut-out is near the picture that it was cut from', async () => {
  expect(distanceTo(await draw(sharp(imagePath('alpha.png'))))).toBeLessThan(15);
});

test('a picture that shows nothing has no bit set, whatever its colour, size and noise', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 50 }),
      fc.integer({ min: 1, max: 50 }),
      fc.integer({ min: 1, max: 254 }),
      (width, height, level) => {
        expect(perceptualHash(plane(width, height, () => level))).toBe('0000000000000000');
      },
    ),
  );
  const noise = plane(200, 200, (x, y) => 128 + (((x * 7919 + y * 104729) % 3) - 1));
  expect(perceptualHash(noise)).toBe('0000000000000000');
});
