import { expect, test } from 'vitest';
import { median } from './median.ts';

test('the median is the middle one, whatever the order, and leaves what it was given as it is', () => {
  const values = [30, 1, 2];
  expect(median(values)).toBe(2);
  expect(values).toEqual([30, 1, 2]);
});

test('the median of an even number is the mean of the two in the middle', () => {
  expect(median([10, 4, 2, 1])).toBe(3);
});

test('there is no median of nothing', () => {
  expect(median([])).toBeNaN();
});
