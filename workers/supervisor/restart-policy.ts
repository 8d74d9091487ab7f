/** Milliseconds from the first death at boot to the next start; it doubles with each further one, up to the most. */
export const FIRST_BACKOFF_MS = 100;
export const MOST_BACKOFF_MS = 10_000;

/** So many deaths at boot within the window open the breaker: the fault is ours, and spinning mends nothing. */
export const BREAKER_DEATHS = 5;
export const BREAKER_WINDOW_MS = 30_000;

export type StartDecision = { kind: 'start'; inMs: number } | { kind: 'open-breaker' };

/**
 * When to start the next worker. A worker that was ready and died is replaced at once, whatever killed it:
 * only deaths before readiness, with no ready worker since, count against a start.
 * @param bootDeaths times of those deaths, in milliseconds, the oldest first
 * @param random from 0 to 1: spreads the starts over the upper half of the back-off
 */
export function decideStart(bootDeaths: readonly number[], now: number, random: number): StartDecision {
  const last = bootDeaths.at(-1);
  if (last === undefined) return { kind: 'start', inMs: 0 };
  const recent = bootDeaths.filter((at) => now - at < BREAKER_WINDOW_MS);
  if (recent.length >= BREAKER_DEATHS) return { kind: 'open-breaker' };
  const backoff = Math.min(MOST_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** (bootDeaths.length - 1));
  return { kind: 'start', inMs: Math.max(0, last + backoff * (0.5 + random / 2) - now) };
}
