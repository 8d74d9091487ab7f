import { beforeAll, expect, test } from 'vitest';
import { lumaOf, type Plane } from '../../../../workers/worker/describe/luma.ts';
import { sharpness } from '../../../../workers/worker/describe/sharpness.ts';
import { BLURRY_BELOW, MEASURED_SIDE } from '../../../../workers/worker/describe/verdict.ts';
import { asPicture, draw, type Raster } from '../../../../workers/worker/raster.ts';
import { changed, painted, photo, plane } from './pictures.ts';

let original: Raster;
beforeAll(async () => {
  original = await photo();
});

const measured = async (raster: Raster): Promise<Plane> =>
  lumaOf(await draw(asPicture(raster).resize(MEASURED_SIDE, MEASURED_SIDE, { fit: 'inside' })));

const line = (width: number, height: number) => ({
  width,
  height,
  kernel: Array.from({ length: width * height }, () => 1),
});

test('a sharp picture is above the threshold, and the more it is blurred the less sharp it is', async () => {
  const found = [sharpness(await measured(original))];
  for (const sigma of [2, 4, 8])
    found.push(sharpness(await measured(await changed(original, (it) => it.blur(sigma)))));
  expect(found[0]).toBeGreaterThan(BLURRY_BELOW);
  expect(found.at(-1)).toBeLessThan(BLURRY_BELOW);
  expect(found).toEqual(found.toSorted((a, b) => b - a));
});

test.for([
  ['across', line(41, 3)],
  ['down', line(3, 41)],
] as const)(
  'a camera that moved %s is seen, though the edges along its way are sharp',
  async ([, kernel]) => {
    const moved = await changed(original, (it) => it.convolve(kernel));
    expect(sharpness(await measured(moved))).toBeLessThan(BLURRY_BELOW);
  },
);

test('one sharp subject before a smooth ground is enough', () => {
  const subject = plane(500, 375, (x, y) =>
    x > 200 && x < 300 && y > 150 && y < 250 ? ((x >> 2) * 37 + (y >> 2) * 61) % 200 : 120 + (x >> 4),
  );
  expect(sharpness(subject)).toBeGreaterThan(BLURRY_BELOW);
});

test('contrast counts for little', async () => {
  const flat = await changed(original, (it) => it.linear(0.5, 64));
  const whole = sharpness(await measured(original));
  expect(sharpness(await measured(flat))).toBeGreaterThan(whole * 0.75);
});

test.for([
  [1, 1],
  [2, 500],
  [500, 1],
  [3, 3],
])('a picture of %i by %i has a figure', ([width, height]) => {
  const figure = sharpness(lumaOf(painted(width ?? 1, height ?? 1, (x, y) => [x % 256, y % 256, 0])));
  expect(figure).toBeGreaterThanOrEqual(0);
});

test('a picture that shows nothing has no sharpness', () => {
  expect(sharpness(plane(500, 375, () => 99))).toBe(0);
});
