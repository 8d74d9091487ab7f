import type { JobId } from '../../shared/domain/ids.ts';
import { hasEnded, type JobState } from '../../shared/domain/job.ts';
import type { JobStore } from '../../shared/jobs/job-store.ts';
import type { JobWatch } from '../../shared/queue/hand-off.ts';

/** The state of a job as soon as it has ended, or after so many milliseconds. Null: there is no such job any more. */
export async function stateWithin(
  job: JobId,
  ms: number,
  watch: JobWatch,
  store: JobStore,
): Promise<JobState | null> {
  const seen = new AbortController();
  // Watched before it is looked at: it may end in between.
  const ended = watch.ended(job, AbortSignal.any([seen.signal, AbortSignal.timeout(ms)]));
  const state = await stateOf();
  if (state !== null && !hasEnded(state)) {
    await ended;
    return stateOf();
  }
  seen.abort();
  return state;

  async function stateOf(): Promise<JobState | null> {
    return (await store.findJob(job))?.job.state ?? null;
  }
}
