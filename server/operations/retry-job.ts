import type { JobId } from '../../shared/domain/ids.ts';
import { PIPELINE_VERSION } from '../../shared/domain/image.ts';
import type { JobStore } from '../../shared/jobs/job-store.ts';
import type { JobRecord } from '../../shared/jobs/records.ts';
import type { Retries } from '../../shared/queue/hand-off.ts';
import type { ImageStorage } from '../../shared/storage/image-storage.ts';
import { Problem } from '../problem.ts';

/**
 * Has a failed or quarantined job run again, with its tries counted anew; it may share the run of another.
 * @returns null when there is no such job
 * @throws {Problem} when it is of no use to run it
 */
export async function retryJob(
  id: JobId,
  store: JobStore,
  storage: ImageStorage,
  retries: Retries,
): Promise<JobRecord | null> {
  const queued = await store.retryJob(id, Date.now(), PIPELINE_VERSION);
  if (queued === null) return null;
  if (queued === 'deleted') throw new Problem('deleted', 'The image of this job has been deleted.');
  if (queued === 'superseded') {
    throw new Problem('superseded', 'The image has a later job: it is that one which counts.');
  }
  if (queued === 'original_gone') {
    throw new Problem('original_not_kept', 'There is nothing to make variants of: upload the image again.');
  }
  if (typeof queued === 'string') {
    throw new Problem(
      'not_ended',
      `A job that has failed or is quarantined can be retried; this one is ${queued}.`,
    );
  }
  if (queued.toRun) retries.addBacklog(queued.toRun);
  for (const set of queued.retiredSets) await storage.removePublished(set);
  return store.findJob(id);
}
