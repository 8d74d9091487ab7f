import { expect } from 'vitest';
import type { RawImage } from '../../testdata/paint.ts';

/** The mean difference of two pictures of one size, in levels. */
export function difference(a: RawImage, b: RawImage): number {
  expect([a.width, a.height, a.channels]).toEqual([b.width, b.height, b.channels]);
  let sum = 0;
  for (const [index, level] of a.data.entries()) sum += Math.abs(level - (b.data[index] ?? 0));
  return sum / a.data.length;
}
