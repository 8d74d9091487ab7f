import type { Image } from './image.ts';
import { hasEnded, type Job } from './job.ts';

export const DAY_MS = 24 * 3600 * 1000;

/** The original of an image without variants is kept for so long after the end of its job, for a retry by hand. */
export const FAILED_KEPT_MS = DAY_MS;

/**
 * How long originals are kept, in milliseconds since their upload was accepted, and at the least until their variants are there:
 * 0 is no longer than that. Null: for ever.
 */
export type OriginalsKept = number | null;

/** Originals that the rule lets go of now. */
export interface SpentOriginals {
  keptMs: number;
  /** Milliseconds since 1970. */
  at: number;
}

/** An image whose end has come. */
export type ExpiredImage = Pick<Image, 'id' | 'tenant'>;

/**
 * When the rule has an original removed, in milliseconds since 1970. It may be there a few seconds longer, and as long as a job of
 * its image waits or runs. Null: not as far as is known now.
 */
export function originalKeptUntil(
  keptMs: OriginalsKept,
  { image, job, hasVariants }: { image: Pick<Image, 'createdAt'>; job: Job; hasVariants: boolean },
): number | null {
  if (keptMs === null) return null;
  const byRule = image.createdAt + keptMs;
  if (hasVariants) return byRule;
  if (hasEnded(job.state)) return Math.max(byRule, job.updatedAt + FAILED_KEPT_MS);
  return keptMs === 0 ? null : byRule;
}

/** The longest that an image may be said to live. */
export const LONGEST_LIFE_MS = 3_650 * DAY_MS;

/** When an image ends: so many milliseconds after it was accepted, or at a time, in milliseconds since 1970. */
export type Expires = { inMs: number } | { at: number };

export const expiryOf = (expires: Expires | null, acceptedAt: number): number | null => {
  if (expires === null) return null;
  return 'at' in expires ? expires.at : acceptedAt + expires.inMs;
};
