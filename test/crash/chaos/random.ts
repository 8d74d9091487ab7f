import { setTimeout as sleep } from 'node:timers/promises';

/** How long something may take, in milliseconds. */
export interface Span {
  least: number;
  most: number;
}

export const between = (random: () => number, { least, most }: Span): number =>
  least + random() * (most - least);

export const oneOf = <T>(random: () => number, of: readonly T[]): T | undefined =>
  of[Math.floor(random() * of.length)];

/** Ends early, and quietly, when it is over. */
export async function pause(ms: number, over: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal: over }).catch(() => {});
}
