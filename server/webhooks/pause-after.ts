/** How long to wait after the first try that has failed, and at the most. */
export interface Pauses {
  firstMs: number;
  longestMs: number;
}

/**
 * Doubled with every try, and less by chance, so that those that failed together do not come again together.
 * @param random from 0 to 1
 * @returns milliseconds
 */
export const pauseAfter = (tries: number, random: number, { firstMs, longestMs }: Pauses): number =>
  Math.min(longestMs, firstMs * 2 ** Math.min(tries - 1, 20)) * (0.5 + random / 2);
