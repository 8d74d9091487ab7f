/** Milliseconds from the first death at boot to the next start; it doubles with each further one, up to the most. */
export const FIRST_BACKOFF_MS = 100;
export const MOST_BACKOFF_MS = 10_000;

/** From the start of the process to `ready`. It takes 0.1 s alone, and many times that when all cores decode. */
export const READY_TIMEOUT_MS = 15_000;

/** So many deaths at boot within the window open the breaker: the fault is ours, and spinning mends nothing. */
export const BREAKER_DEATHS = 5;

/** Long enough for so many that hang until they are killed, and for the back-off between them. */
export const BREAKER_WINDOW_MS = 1.2 * BREAKER_DEATHS * READY_TIMEOUT_MS;

export type StartDecision = { kind: 'start'; inMs: number } | { kind: 'open-breaker' };

/**
 * When to start the next worker. A worker that was ready and died is replaced at once, whatever killed it:
 * only deaths before readiness, with no ready worker since, count against a start. While another worker is ready the
 * service does its work, if with less of it at once: then it goes on trying.
 * @param bootDeaths times of those deaths, in milliseconds, the oldest first
 * @param alive whether another worker is ready
 * @param random from 0 to 1: spreads the starts over the upper half of the back-off
 */
export function decideStart(
  bootDeaths: readonly number[],
  alive: boolean,
  now: number,
  random: number,
): StartDecision {
  const last = bootDeaths.at(-1);
  if (last === undefined) return { kind: 'start', inMs: 0 };
  const recent = bootDeaths.filter((at) => now - at < BREAKER_WINDOW_MS);
  if (!alive && recent.length >= BREAKER_DEATHS) return { kind: 'open-breaker' };
  const backoff = Math.min(MOST_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** (bootDeaths.length - 1));
  return { kind: 'start', inMs: Math.max(0, last + backoff * (0.5 + random / 2) - now) };
}
