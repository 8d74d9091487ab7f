import type { RunOutcome } from '../../shared/domain/job.ts';
import type { RunEnd, RunHistory } from '../../shared/jobs/records.ts';

/** An interruption is nobody's fault, but a job that is interrupted for ever must end, too. */
export const MAX_INTERRUPTS = 20;

/** A picture whose run dies or hangs gets one more try: a third would only cost the others a worker again. */
export const MAX_DEATHS = 2;

const FIRST_RETRY_MS = 200;
const MOST_RETRY_MS = 10_000;

export interface NextState {
  next: RunEnd['next'];
  /** Milliseconds until the job may run again. */
  retryInMs: number;
}

/**
 * What becomes of a job after a run.
 * @param history how the earlier runs of the job ended
 * @param maxAttempts runs that may end as `errored`; for want of room or of a store, as many as may be interrupted
 * @param random from 0 to 1: spreads retries over the upper half of the back-off
 */
export function stateAfter(
  { outcome, failure }: Pick<RunEnd, 'outcome' | 'failure'>,
  { outcomes, decoderDeaths }: RunHistory,
  maxAttempts: number,
  random: number,
): NextState {
  const count = (...kinds: RunOutcome[]) => kinds.reduce((sum, kind) => sum + (outcomes[kind] ?? 0), 1);
  const againUnless = (over: boolean, retryInMs: number): NextState =>
    over ? { next: 'failed', retryInMs: 0 } : { next: 'queued', retryInMs };

  switch (outcome) {
    case 'succeeded':
      return { next: 'succeeded', retryInMs: 0 };
    case 'rejected':
      return { next: 'failed', retryInMs: 0 };
    case 'interrupted':
      return againUnless(count('interrupted') >= MAX_INTERRUPTS, 0);
    case 'crashed':
    case 'timed-out': {
      const deaths = count('crashed', 'timed-out');
      if (deaths < MAX_DEATHS) return { next: 'queued', retryInMs: FIRST_RETRY_MS * (0.5 + random / 2) };
      // Memory or time may be short for another's sake: then no picture is banned for it.
      const ofTheDecoder = decoderDeaths + (failure === 'worker_crashed' ? 1 : 0);
      return { next: ofTheDecoder === deaths ? 'quarantined' : 'failed', retryInMs: 0 };
    }
    case 'errored': {
      const errors = count('errored');
      const backoff = Math.min(MOST_RETRY_MS, FIRST_RETRY_MS * 2 ** (errors - 1));
      const most = failure === 'storage_error' ? MAX_INTERRUPTS : maxAttempts;
      return againUnless(errors >= most, backoff * (0.5 + random / 2));
    }
  }
}
