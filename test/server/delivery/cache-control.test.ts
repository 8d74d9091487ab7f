import { describe, expect, test } from 'vitest';
import { cacheControl } from '../../../server/delivery/cache-control.ts';

describe('what is read by its address', () => {
  test('is kept by anybody for a year where the address names the bytes, and else looked at each time', () => {
    const reading = { isByAddress: true, leftMs: null };
    expect(cacheControl(reading, true)).toBe('public, max-age=31536000, immutable');
    expect(cacheControl(reading, false)).toBe('no-cache');
  });

  test.each([
    [3_600, 3_600],
    [1, 1],
    [0, 0],
    [-1, 0],
    [50 * 31_536_000, 31_536_000],
  ])('is kept no longer than its signature lives: %d seconds', (left, kept) => {
    const reading = { isByAddress: true, leftMs: left * 1000 };
    expect(cacheControl(reading, true)).toBe(`public, max-age=${kept}, immutable, must-revalidate`);
    expect(cacheControl(reading, false)).toBe('no-cache');
  });

  test('is never kept for a second that has begun', () => {
    const reading = { isByAddress: true, leftMs: 9_999 };
    expect(cacheControl(reading, true)).toContain('max-age=9,');
  });
});

test('what is read by a key is kept by nobody but its reader', () => {
  const reading = { isByAddress: false, leftMs: null };
  expect(cacheControl(reading, true)).toBe('private, max-age=31536000, immutable');
  expect(cacheControl(reading, false)).toBe('private, no-cache');
});
