import { beforeAll, expect, test } from 'vitest';
import { levelsOf, lumaOf } from '../../../../workers/worker/describe/luma.ts';
import { type PageMarks, pageMarks } from '../../../../workers/worker/describe/page-marks.ts';
import { PAGE_GROUND, PAGE_STRAIGHT, PAGE_WRITTEN } from '../../../../workers/worker/describe/verdict.ts';
import type { Raster } from '../../../../workers/worker/raster.ts';
import { changed, page, painted, photo } from './pictures.ts';

const marksOf = (raster: Raster) => {
  const luma = lumaOf(raster);
  return pageMarks(luma, levelsOf(luma));
};

const isPage = ({ ground, written, straight }: PageMarks) =>
  ground >= PAGE_GROUND && written >= PAGE_WRITTEN && straight >= PAGE_STRAIGHT;

let original: Raster;
beforeAll(async () => {
  original = await photo();
});

test.for([
  ['dark on light', [255, 255, 255], [20, 20, 20]],
  ['light on dark', [0, 0, 0], [80, 250, 80]],
] as const)('a page of text, %s, has the marks, as a JPEG, too', async ([, ground, ink]) => {
  const screen = page(500, 400, ground, ink);
  expect(isPage(marksOf(screen))).toBe(true);
  expect(isPage(marksOf(await changed(screen, (it) => it, 70)))).toBe(true);
});

test('a photo has not', () => {
  expect(isPage(marksOf(original))).toBe(false);
});

test('a thing before a plain ground has the ground, and the straight edges, but they are in one place', async () => {
  const box = painted(500, 400, (x, y) =>
    x > 180 && x < 320 && y > 140 && y < 260 && (x % 8 < 4 || y % 8 < 4) ? [120, 60, 20] : [255, 255, 255],
  );
  const marks = marksOf(box);
  expect(marks.ground).toBeGreaterThan(PAGE_GROUND);
  expect(marks.straight).toBeGreaterThan(PAGE_STRAIGHT);
  expect(marks.written).toBeLessThan(PAGE_WRITTEN);
});

test('a picture that shows nothing is all ground, and nothing is written on it', () => {
  expect(marksOf(painted(500, 400, () => [255, 255, 255]))).toEqual({ ground: 1, written: 0, straight: 0 });
  expect(marksOf(painted(1, 1, () => [9, 9, 9]))).toEqual({ ground: 1, written: 0, straight: 0 });
});
