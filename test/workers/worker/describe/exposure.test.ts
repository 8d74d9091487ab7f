import { expect, test } from 'vitest';
import { exposureOf } from '../../../../workers/worker/describe/exposure.ts';
import { levelsOf, lumaOf } from '../../../../workers/worker/describe/luma.ts';
import type { Raster } from '../../../../workers/worker/raster.ts';
import { painted } from './pictures.ts';

const exposure = (picture: Raster) => exposureOf(picture, levelsOf(lumaOf(picture)));

test('brightness is the mean, shadows and highlights are shares', () => {
  const levels = [0, 4, 128, 252];
  expect(exposure(painted(4, 1, (x) => [levels[x] ?? 0, levels[x] ?? 0, levels[x] ?? 0]))).toEqual({
    brightness: 384 / 4 / 255,
    shadows: 0.5,
    highlights: 0.25,
  });
});

test('what is transparent does not count, whatever colour it hides', () => {
  const cutOut = painted(10, 10, (x) => (x < 5 ? [100, 100, 100, 255] : [255, 255, 255, 0]));
  expect(exposure(cutOut)).toEqual({ brightness: 100 / 255, shadows: 0, highlights: 0 });
});

test('where all is transparent nothing is bright or dark', () => {
  expect(exposure(painted(2, 2, () => [0, 0, 0, 0]))).toEqual({ brightness: 0.5, shadows: 0, highlights: 0 });
});
