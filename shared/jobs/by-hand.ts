import type { Kysely } from 'kysely';
import type { ImageId, JobId } from '../domain/ids.ts';
import { hasEnded, JOB_STATES, JOB_TRANSITIONS, type JobState, statesBefore } from '../domain/job.ts';
import type { QuarantinedBytes } from '../domain/quarantine.ts';
import type { DeletedImage, Work } from './job-store.ts';
import { findImage, findJob, workOf } from './reads.ts';
import { endOpenRuns } from './runs.ts';
import { detachSet, promoteFollower } from './sharing.ts';
import { JobRow, type Tables } from './tables.ts';

/** A person may have an ended job tried again, unless it has succeeded or been cancelled. */
const RETRIED_BY_HAND = JOB_STATES.filter(
  (from) => hasEnded(from) && JOB_TRANSITIONS[from].includes('queued'),
);

export async function releaseQuarantined(
  db: Kysely<Tables>,
  { tenant, sha256 }: QuarantinedBytes,
): Promise<boolean> {
  const released = await db
    .deleteFrom('quarantine')
    .where('tenant', '=', tenant)
    .where('sha256', '=', sha256)
    .executeTakeFirst();
  return released.numDeletedRows > 0n;
}

export async function retryJob(
  db: Kysely<Tables>,
  { id, at }: { id: JobId; at: number },
): Promise<Work | JobState | 'deleted' | null> {
  const found = await findJob(db, id);
  if (!found) return null;
  const moved = await db
    .updateTable('jobs')
    .set({ state: 'queued', failure: null, shared_run_of: null, counts_from: at, updated_at: at })
    .where('id', '=', id)
    .where('state', 'in', RETRIED_BY_HAND)
    .where(({ exists, selectFrom }) =>
      exists(selectFrom('images').select('id').whereRef('images.id', '=', 'jobs.image_id')),
    )
    .executeTakeFirst();
  if (moved.numUpdatedRows > 0n) return workOf(db, id);
  const { state } = found.job;
  return RETRIED_BY_HAND.includes(state) ? 'deleted' : state;
}

export async function deleteImage(
  db: Kysely<Tables>,
  { id, at }: { id: ImageId; at: number },
): Promise<DeletedImage | 'deleted' | null> {
  const found = await findImage(db, id);
  if (found === null || found === 'deleted') return found;
  const pending = await db
    .selectFrom('jobs')
    .select('id')
    .where('image_id', '=', id)
    .where('state', 'in', statesBefore('cancelled'))
    .execute();
  let promoted: Work | null = null;
  for (const { id: pendingId } of pending) {
    const jobId = JobRow.shape.id.parse(pendingId);
    await db
      .updateTable('jobs')
      .set({ state: 'cancelled', active_run: null, updated_at: at })
      .where('id', '=', jobId)
      .execute();
    await endOpenRuns(db, jobId, at);
    promoted = (await promoteFollower(db, jobId)) ?? promoted;
  }
  await db.deleteFrom('images').where('id', '=', id).execute();
  await db.insertInto('deleted_images').values({ id, deleted_at: at }).execute();
  const retired = found.set && (await detachSet(db, found.set.runId)) ? found.set.runId : null;
  return { retiredSet: retired, promoted };
}
