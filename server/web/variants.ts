import type { VariantAnswer } from './answers.ts';

/** From the smallest file of the smallest size on: what is shown first of a photo. */
export const bySize = (variants: readonly VariantAnswer[]): VariantAnswer[] =>
  variants.toSorted(
    (one, other) => one.width * one.height - other.width * other.height || one.bytes - other.bytes,
  );

/** What a page loads of a photo at most: the largest size, in the format that is smallest. */
export function shownAtMost(variants: readonly VariantAnswer[]): VariantAnswer | undefined {
  const sorted = bySize(variants);
  const largest = sorted.at(-1);
  return sorted.find((it) => it.width === largest?.width && it.height === largest.height);
}

/** Sizes of the same picture: one that is cropped otherwise stands for it nowhere. Rounded to pixels, as they are. */
export function uncropped(variants: readonly VariantAnswer[]): VariantAnswer[] {
  const largest = bySize(variants).at(-1);
  if (!largest) return [];
  return variants.filter(
    ({ width, height }) =>
      Math.abs(width * largest.height - height * largest.width) <= Math.max(largest.width, largest.height),
  );
}
