import { expect, test } from 'vitest';
import { pauseAfter } from '../../../server/webhooks/pause-after.ts';

test('a try waits twice as long as the one before, give or take a half, and never more than the longest', () => {
  const pauses = { firstMs: 1_000, longestMs: 300_000 };
  expect([1, 2, 3, 9, 10, 1_000].map((tries) => pauseAfter(tries, 1, pauses))).toEqual([
    1_000, 2_000, 4_000, 256_000, 300_000, 300_000,
  ]);
  expect(pauseAfter(3, 0, pauses)).toBe(2_000);
});
