import type { RequestCounter } from './request-counter.ts';

/** What nodes have in common: it does not matter which of them a client comes to. */
export interface CommonAccess {
  /** Counts points by key over all nodes; where they cannot, this one counts for itself. */
  limiter(options: { points: number; duration: number; keyPrefix: string }): RequestCounter;
  /** Milliseconds since 1970, by the same clock. */
  now(): number;
  /** Random bytes that nobody else knows. */
  secret: Uint8Array;
}
