import { describe, expect, test } from 'vitest';
import { cacheControl } from '../../../server/delivery/cache-control.ts';

const NOW = 1_800_000_000_000;
const inSeconds = (seconds: number) => NOW / 1000 + seconds;

describe('what is read by its address', () => {
  test('is kept by anybody for a year where the address names the bytes, and else looked at each time', () => {
    const reading = { isByAddress: true, expires: null };
    expect(cacheControl(reading, true, NOW)).toBe('public, max-age=31536000, immutable');
    expect(cacheControl(reading, false, NOW)).toBe('no-cache');
  });

  test.each([
    [3_600, 3_600],
    [1, 1],
    [0, 0],
    [-1, 0],
    [50 * 31_536_000, 31_536_000],
  ])('is kept no longer than its signature lives: %d seconds', (left, kept) => {
    const reading = { isByAddress: true, expires: inSeconds(left) };
    expect(cacheControl(reading, true, NOW)).toBe(`public, max-age=${kept}, immutable, must-revalidate`);
    expect(cacheControl(reading, false, NOW)).toBe('no-cache');
  });

  test('is never kept for a second that has begun', () => {
    const reading = { isByAddress: true, expires: inSeconds(10) };
    expect(cacheControl(reading, true, NOW + 1)).toContain('max-age=9,');
  });
});

test('what is read by a key is kept by nobody but its reader', () => {
  const reading = { isByAddress: false, expires: null };
  expect(cacheControl(reading, true, NOW)).toBe('private, max-age=31536000, immutable');
  expect(cacheControl(reading, false, NOW)).toBe('private, no-cache');
});
