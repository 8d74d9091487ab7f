import fc from 'fast-check';
import { expect, test } from 'vitest';
import { lumaOf, shrink } from '../../../../workers/worker/describe/luma.ts';
import { painted, plane } from './pictures.ts';

test('luma of grey is that grey, and green is lighter than red than blue', () => {
  const colours = [
    [77, 77, 77],
    [0, 255, 0],
    [255, 0, 0],
    [0, 0, 255],
  ] as const;
  const { values } = lumaOf(painted(4, 1, (x) => colours[x] ?? [0, 0, 0]));
  expect([...values]).toEqual([77, 182, 54, 19]);
});

test('what is transparent is white, and what is half so is half white', () => {
  const alphas = [0, 128, 255];
  const { values } = lumaOf(painted(3, 1, (x) => [0, 0, 0, alphas[x] ?? 0]));
  expect([...values]).toEqual([255, 127, 0]);
});

test('a plane that is made smaller, or larger, keeps its mean and its bounds', () => {
  const size = fc.integer({ min: 1, max: 20 });
  fc.assert(
    fc.property(
      size,
      size,
      size,
      size,
      fc.infiniteStream(fc.nat(255)),
      (width, height, across, down, levels) => {
        const from = plane(width, height, () => Number(levels.next().value));
        const shrunk = shrink(from, { width: across, height: down });
        expect(shrunk).toHaveLength(across * down);
        const mean = (values: Iterable<number> & { length: number }) =>
          [...values].reduce((sum, value) => sum + value, 0) / values.length;
        expect(mean(shrunk)).toBeCloseTo(mean(from.values), 6);
        for (const value of shrunk) {
          expect(value).toBeGreaterThanOrEqual(Math.min(...from.values) - 1e-6);
          expect(value).toBeLessThanOrEqual(Math.max(...from.values) + 1e-6);
        }
      },
    ),
  );
});

test('each value is the mean of the area that it covers, in parts of pixels, too', () => {
  expect([
    ...shrink(
      plane(3, 1, (x) => x * 30),
      { width: 2, height: 1 },
    ),
  ]).toEqual([10, 50]);
});
