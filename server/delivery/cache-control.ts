import type { Reading } from '../access/reading.ts';

const ONE_YEAR_S = 31_536_000;

/**
 * How long a variant may be kept, and by whom (RFC 9111). Who has its address may read it, so shared caches keep it under that,
 * query and all; no longer than a signature lives, and not a moment stale. What was read by a key they must not keep:
 * they would give it to whoever asks for the same address without one.
 * @param isImmutable the address names these very bytes
 */
export function cacheControl(
  { isByAddress, leftMs }: Pick<Reading, 'isByAddress' | 'leftMs'>,
  isImmutable: boolean,
): string {
  if (!isImmutable) return isByAddress ? 'no-cache' : 'private, no-cache';
  const who = isByAddress ? 'public' : 'private';
  if (leftMs === null) return `${who}, max-age=${ONE_YEAR_S}, immutable`;
  const left = Math.max(0, Math.floor(leftMs / 1000));
  return `${who}, max-age=${Math.min(ONE_YEAR_S, left)}, immutable, must-revalidate`;
}
