import fc from 'fast-check';
import { expect, test } from 'vitest';
import { coarse } from '../../../../workers/worker/describe/coarse.ts';
import { painted } from './pictures.ts';

test('it is as long as it is asked to be and keeps the aspect, and a smaller picture stays as it is', () => {
  const { width, height } = coarse(
    painted(640, 330, () => [0, 0, 0]),
    64,
  );
  expect({ width, height }).toEqual({ width: 64, height: 33 });
  const small = painted(64, 10, () => [1, 2, 3]);
  expect(coarse(small, 64)).toBe(small);
});

test('each pixel is the mean of those that it stands for', () => {
  const { pixels } = coarse(
    painted(128, 128, (x) => [x % 2 === 0 ? 100 : 200, Math.floor(x / 2), 7]),
    64,
  );
  expect([...pixels.subarray(0, 6)]).toEqual([150, 0, 7, 150, 1, 7]);
  expect([...pixels.subarray(-3)]).toEqual([150, 63, 7]);
});

test('what is transparent colours nothing, and what is half transparent half as much', () => {
  const seen = coarse(
    painted(128, 2, (x) => (x % 2 === 0 ? [200, 100, 0, 255] : [0, 0, 255, 0])),
    64,
  );
  expect([...seen.pixels.subarray(0, 4)]).toEqual([200, 100, 0, 128]);
  const nothing = coarse(
    painted(128, 2, () => [9, 9, 9, 0]),
    64,
  );
  expect([...nothing.pixels.subarray(0, 4)]).toEqual([0, 0, 0, 0]);
});

test('whatever the size, a picture of one colour stays one', () => {
  const side = fc.integer({ min: 1, max: 700 });
  fc.assert(
    fc.property(side, side, (width, height) => {
      const { pixels, ...size } = coarse(
        painted(width, height, () => [40, 50, 60]),
        64,
      );
      expect(pixels).toHaveLength(size.width * size.height * 3);
      expect(pixels.every((level, at) => level === [40, 50, 60][at % 3])).toBe(true);
    }),
    {
      numRuns: 30,
      examples: [
        [20_000, 1],
        [1, 20_000],
        [257, 300],
      ],
    },
  );
});
