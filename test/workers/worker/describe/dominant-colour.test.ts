import fc from 'fast-check';
import { expect, test } from 'vitest';
import { dominantColour } from '../../../../workers/worker/describe/dominant-colour.ts';
import { painted } from './pictures.ts';

test('a picture of one colour has that one', () => {
  const level = fc.nat(255);
  fc.assert(
    fc.property(level, level, level, (red, green, blue) => {
      const hex = [red, green, blue].map((value) => value.toString(16).padStart(2, '0')).join('');
      expect(dominantColour(painted(3, 2, () => [red, green, blue]))).toBe(`#${hex}`);
    }),
  );
});

test('the larger part counts, not the mean of all', () => {
  expect(dominantColour(painted(10, 10, (x) => (x < 6 ? [200, 30, 30] : [20, 40, 220])))).toBe('#c81e1e');
});

test('a sky that goes from light to dark is one colour, before a smaller part that is all the same', () => {
  const sky = painted(100, 10, (x) => (x < 65 ? [90 + x, 140 + x, 220] : [0, 0, 0]));
  const [red, green, blue] = [1, 3, 5].map((at) =>
    Number.parseInt(dominantColour(sky).slice(at, at + 2), 16),
  );
  expect(blue).toBe(220);
  expect(red).toBeGreaterThan(90);
  expect(green).toBeGreaterThan(140);
});

test('what is transparent does not count; where all is, it is grey', () => {
  const cutOut = painted(10, 10, (x) => (x < 2 ? [10, 200, 10, 255] : [255, 0, 0, 0]));
  expect(dominantColour(cutOut)).toBe('#0ac80a');
  expect(dominantColour(painted(2, 2, () => [9, 9, 9, 0]))).toBe('#808080');
});
