import type { Kysely } from 'kysely';
import type { ChangeReason } from '../domain/change-reason.ts';
import type { ImageId, JobId, Tenant } from '../domain/ids.ts';
import { hasEnded, JOB_STATES, JOB_TRANSITIONS, type JobState, statesBefore } from '../domain/job.ts';
import type { QuarantinedBytes } from '../domain/quarantine.ts';
import { findImage, findJob, workOf } from './reads.ts';
import type { DeletedImage, RetriedJob, Work } from './records.ts';
import { endOpenRuns } from './runs.ts';
import { JobRow, type Tables } from './schema/tables.ts';
import { detachSet, findTwin, promoteFollower, showSet, type Twin } from './sharing.ts';
import { changeUsage } from './usage.ts';
import { type Tells, tellChanged, tellDeleted, tellEnded } from './webhooks/tell.ts';

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
  { id, at, pipelineVersion, webhooks }: { id: JobId; at: number; pipelineVersion: number } & Tells,
): Promise<RetriedJob | JobState | 'deleted' | 'superseded' | 'original_gone' | null> {
  const found = await findJob(db, id);
  if (!found) return null;
  const { state, imageId } = found.job;
  if (!RETRIED_BY_HAND.includes(state)) return state;
  const image = await findImage(db, { id: imageId, tenant: null, at });
  if (image === null || image === 'deleted') return 'deleted';
  // It would put what it makes in the place of what is newer.
  if (image.job.id !== id) return 'superseded';
  const twin = await twinOf(db, id, pipelineVersion);
  // Whose run it would share may fail, and then it would have to run itself.
  if (image.image.originalRemovedAt !== null && !twin?.published) return 'original_gone';
  await db
    .updateTable('jobs')
    .set({
      state: twin?.published ? 'succeeded' : 'queued',
      failure: null,
      shared_run_of: twin?.job ?? null,
      counted_from_run: found.runs.length + 1,
      pipeline_version: pipelineVersion,
      updated_at: at,
    })
    .where('id', '=', id)
    .where('state', 'in', RETRIED_BY_HAND)
    .execute();
  if (!twin?.published) return { toRun: twin ? null : await workOf(db, id), retiredSets: [] };
  const retiredSets = await showSet(db, [imageId], twin.published, { at, webhooks });
  await tellEnded(db, [id], { at, webhooks });
  return { toRun: null, retiredSets };
}

async function twinOf(db: Kysely<Tables>, id: JobId, pipelineVersion: number): Promise<Twin | null> {
  const job = await db
    .selectFrom('jobs')
    .select(['tenant', 'sha256', 'recipe_digest', 'is_batch'])
    .where('id', '=', id)
    .executeTakeFirstOrThrow();
  const { tenant, sha256, recipe_digest, is_batch } = JobRow.pick({
    tenant: true,
    sha256: true,
    recipe_digest: true,
    is_batch: true,
  }).parse(job);
  if (tenant === null || sha256 === null || recipe_digest === null) return null;
  return findTwin(db, { tenant, sha256, recipeDigest: recipe_digest, pipelineVersion }, is_batch !== 0);
}

export interface DeletionOrder {
  id: ImageId;
  tenant: Tenant;
  at: number;
  reason: ChangeReason;
}

export async function deleteImage(
  db: Kysely<Tables>,
  { id, tenant, at, reason, webhooks }: DeletionOrder & Tells,
): Promise<DeletedImage | 'deleted' | null> {
  // What has ended is deleted for everybody but who deletes it for good.
  const found = await findImage(db, { id, tenant, at: reason === 'deleted' ? at : Number.NEGATIVE_INFINITY });
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
  const { bytes, originalRemovedAt } = found.image;
  await changeUsage(db, { tenant, images: -1, originalBytes: originalRemovedAt === null ? -bytes : 0 });
  await db.insertInto('deleted_images').values({ id, tenant, deleted_at: at }).execute();
  const shown = found.set ? [{ id, tenant, run: found.set.runId }] : [];
  await tellChanged(db, shown, { reason, at, webhooks });
  await tellDeleted(db, { image: id, tenant, reason, at, webhooks });
  const retired = found.set && (await detachSet(db, found.set.runId)) ? found.set.runId : null;
  return { retiredSet: retired, promoted };
}
