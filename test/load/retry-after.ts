/** Where a refusal names no time. */
const DEFAULT_WAIT_MS = 1_000;
/** A thousand clients refused at once must not return at once: up to half the wait is added. */
const JITTER = 0.5;

export const mayBeRetried = (status: number): boolean => status === 503 || status === 429;

/**
 * How long to wait before the next attempt, in ms: RFC 9110 §10.2.3, seconds or a date.
 * @param random in [0, 1)
 */
export function waitBeforeRetry(retryAfter: string | undefined, now: number, random: number): number {
  const askedMs = parse(retryAfter, now) ?? DEFAULT_WAIT_MS;
  return Math.max(askedMs, 1) * (1 + JITTER * random);
}

function parse(retryAfter: string | undefined, now: number): number | undefined {
  if (retryAfter === undefined) return undefined;
  if (/^\d+$/.test(retryAfter)) return Number(retryAfter) * 1_000;
  const date = Date.parse(retryAfter);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}
