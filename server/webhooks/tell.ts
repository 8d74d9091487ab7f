import type { TryEnd, WebhookMessage } from '../../shared/jobs/webhooks/records.ts';
import { AddressRefused } from './address-of.ts';
import type { Endpoint } from './endpoints.ts';
import { pauseAfter } from './pause-after.ts';
import { type Answer, post } from './post.ts';
import { retryAfterMs } from './retry-after.ts';
import { signedHeaders } from './signed-headers.ts';

/** From the look-up of its name to the first line of its answer. */
const TIMEOUT_MS = 10_000;

/** Of three days some thirty tries. */
const PAUSES = { firstMs: 5_000, longestMs: 4 * 3600_000 };

/** What became of a try, and for how long the endpoint wants nothing else either. */
export type Told = { end: TryEnd; restMs: number };

/**
 * Tells an endpoint something, once. Only an answer with 2xx takes it, and 410 wants nothing any more.
 * @param signal its end interrupts the try
 */
export async function tell(
  { url, secrets, allowPrivate }: Endpoint,
  message: WebhookMessage,
  signal: AbortSignal,
): Promise<Told> {
  const late = AbortSignal.timeout(TIMEOUT_MS);
  const headers = signedHeaders(message, secrets);
  const { tries, body } = message;
  try {
    return ofAnswer(await post({ url, headers, body, allowPrivate }, AbortSignal.any([signal, late])), tries);
  } catch (error) {
    if (signal.aborted) return { end: { outcome: 'interrupted' }, restMs: 0 };
    return failed(late.aborted ? `it did not answer within ${TIMEOUT_MS} ms` : whyOf(error), tries);
  }
}

/** Says nothing of the address, which may be secret. */
const whyOf = (error: unknown): string =>
  error instanceof AddressRefused ? error.message : 'it is out of reach';

function ofAnswer({ status, retryAfter }: Answer, tries: number): Told {
  if (status >= 200 && status <= 299) return { end: { outcome: 'delivered' }, restMs: 0 };
  const why = `it answered with ${status}`;
  if (status === 410) return { end: { outcome: 'gone', why }, restMs: 0 };
  const asked = status === 429 || status === 503 ? retryAfterMs(retryAfter, Date.now()) : null;
  return failed(why, tries, Math.min(asked ?? 0, PAUSES.longestMs));
}

const failed = (why: string, tries: number, restMs = 0): Told => ({
  end: {
    outcome: 'failed',
    why,
    inMs: Math.round(Math.max(restMs, pauseAfter(tries, Math.random(), PAUSES))),
  },
  restMs,
});
