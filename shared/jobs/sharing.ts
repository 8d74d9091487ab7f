import type { Kysely } from 'kysely';
import { bandsOf } from '../domain/hash-bands.ts';
import { DEFAULT_TENANT, type ImageId, type JobId, type RunId } from '../domain/ids.ts';
import type { SetKey } from '../domain/image.ts';
import { hasEnded, statesBefore } from '../domain/job.ts';
import { all } from './all.ts';
import { VALUES_PER_STATEMENT } from './among.ts';
import { workOf } from './reads.ts';
import type { RunEnd, Work } from './records.ts';
import { storedManifest } from './schema/stored-manifest.ts';
import { ImageRow, JobRow, RunRow, SetRow, type Tables } from './schema/tables.ts';
import { bytesOf, changeUsage } from './usage.ts';
import { type Tells, tellChanged } from './webhooks/tell.ts';

/** Whose run an upload can share: of a set that is published, or of a job that is still to end, its leader. */
export type Twin = { job: JobId; published: RunId } | { job: JobId; published: null };

/**
 * A set is found by its key, which is unique; a run to come by the eldest job that waits for it.
 * @param batchToo whether it may be the run of a batch job: that comes after all others, and nobody shall wait for it
 */
export async function findTwin(db: Kysely<Tables>, key: SetKey, batchToo: boolean): Promise<Twin | null> {
  let jobs = db
    .selectFrom('jobs')
    .select('jobs.id')
    .where('jobs.tenant', '=', key.tenant)
    .where('jobs.sha256', '=', key.sha256)
    .where('jobs.recipe_digest', '=', key.recipeDigest)
    .where('jobs.state', 'in', ['queued', 'running'])
    .where('jobs.shared_run_of', 'is', null);
  if (!batchToo) jobs = jobs.where('jobs.is_batch', '=', 0);
  const eldest = jobs.orderBy('jobs.created_at').orderBy('jobs.id').limit(1);
  const [set, job] = await all([
    selectSet(db, key)
      .innerJoin('runs', 'runs.id', 'sets.run_id')
      .select(['sets.run_id', 'runs.job_id'])
      .executeTakeFirst(),
    eldest.executeTakeFirst(),
  ]);
  if (set)
    return { job: RunRow.shape.job_id.parse(set.job_id), published: SetRow.shape.run_id.parse(set.run_id) };
  return job ? { job: JobRow.shape.id.parse(job.id), published: null } : null;
}

export const hasTwin = async (db: Kysely<Tables>, upload: SetKey & { isBatch: boolean }): Promise<boolean> =>
  (await findTwin(db, upload, upload.isBatch)) !== null;

const selectSet = (db: Kysely<Tables>, { tenant, sha256, recipeDigest, pipelineVersion }: SetKey) =>
  db
    .selectFrom('sets')
    .where('sets.tenant', '=', tenant)
    .where('sets.sha256', '=', sha256)
    .where('sets.recipe_digest', '=', recipeDigest)
    .where('sets.pipeline_version', '=', pipelineVersion);

/**
 * Gives an image the set that a run has made, or the one of its key where there is one already, as when two jobs of the
 * same bytes were retried.
 * @returns the run whose set it is, and sets that no image shows any more
 */
export async function attachSet(
  db: Kysely<Tables>,
  imageId: ImageId,
  { tenant, sha256 }: Pick<SetKey, 'tenant' | 'sha256'>,
  { runId, published, at, webhooks }: Pick<RunEnd, 'runId' | 'published' | 'at'> & Tells,
): Promise<{ set: RunId | null; retired: RunId[] }> {
  if (!published) return { set: null, retired: [] };
  const { manifest, recipeDigest } = published;
  const key: SetKey = { tenant, sha256, recipeDigest, pipelineVersion: manifest.pipelineVersion };
  const bands = manifest.description && bandsOf(manifest.description.perceptualHash);
  const { numInsertedOrUpdatedRows: inserted } = await db
    .insertInto('sets')
    .values({
      run_id: runId,
      manifest: storedManifest(manifest),
      published_at: at,
      tenant,
      sha256,
      recipe_digest: recipeDigest,
      pipeline_version: manifest.pipelineVersion,
      band_0: bands?.[0] ?? null,
      band_1: bands?.[1] ?? null,
      band_2: bands?.[2] ?? null,
      band_3: bands?.[3] ?? null,
      bytes: bytesOf(manifest),
    })
    .onConflict((conflict) =>
      conflict.columns(['tenant', 'sha256', 'recipe_digest', 'pipeline_version']).doNothing(),
    )
    .executeTakeFirst();
  if (inserted) await changeUsage(db, { tenant, variantBytes: bytesOf(manifest) });
  const set = inserted ? runId : await setOf(db, key);
  return { set, retired: await showSet(db, [imageId], set, { at, webhooks }) };
}

async function setOf(db: Kysely<Tables>, key: SetKey): Promise<RunId> {
  const set = await selectSet(db, key).select('run_id').executeTakeFirstOrThrow();
  return SetRow.shape.run_id.parse(set.run_id);
}

/** From now on the images show this set. @returns those that they have shown, and that no image shows any more */
export async function showSet(
  db: Kysely<Tables>,
  images: readonly ImageId[],
  set: RunId,
  { at: now, webhooks }: { at: number } & Tells,
): Promise<RunId[]> {
  const shown = new Set<RunId>();
  for (let at = 0; at < images.length; at += VALUES_PER_STATEMENT) {
    const some = images.slice(at, at + VALUES_PER_STATEMENT);
    const { numUpdatedRows: first } = await db
      .updateTable('images')
      .set({ published_run: set })
      .where('id', 'in', some)
      .where('published_run', 'is', null)
      .executeTakeFirst();
    if (Number(first) === some.length) continue;
    const rows = await db
      .selectFrom('images')
      .select(['id', 'tenant', 'published_run'])
      .where('id', 'in', some)
      .where('published_run', '!=', set)
      .execute();
    const replaced = rows.map(({ id, tenant, published_run }) => ({
      id: ImageRow.shape.id.parse(id),
      tenant: ImageRow.shape.tenant.parse(tenant),
      run: SetRow.shape.run_id.parse(published_run),
    }));
    for (const { run } of replaced) shown.add(run);
    await tellChanged(db, replaced, { reason: 'reprocessed', at: now, webhooks });
    await db.updateTable('images').set({ published_run: set }).where('id', 'in', some).execute();
  }
  const retired: RunId[] = [];
  for (const run of shown) if (await detachSet(db, run)) retired.push(run);
  return retired;
}

/** The last image that lets go of a set retires it. @returns whether it did */
export async function detachSet(db: Kysely<Tables>, runId: RunId): Promise<boolean> {
  const retired = await db
    .deleteFrom('sets')
    .where('run_id', '=', runId)
    .where(({ not, exists, selectFrom }) =>
      not(exists(selectFrom('images').select('id').where('published_run', '=', runId))),
    )
    .returning(['tenant', 'bytes'])
    .executeTakeFirst();
  if (!retired) return false;
  const { tenant, bytes } = SetRow.pick({ tenant: true, bytes: true }).parse(retired);
  await changeUsage(db, { tenant: tenant ?? DEFAULT_TENANT, variantBytes: -bytes });
  return true;
}

/** The jobs that have waited for the run of their leader end as it has. @returns them, and their images */
export async function endFollowers(
  db: Kysely<Tables>,
  end: Pick<RunEnd, 'jobId' | 'next' | 'failure' | 'at'>,
): Promise<{ followers: JobId[]; images: ImageId[] }> {
  if (!hasEnded(end.next)) return { followers: [], images: [] };
  const ended = await db
    .updateTable('jobs')
    .set({ state: end.next, failure: end.next === 'succeeded' ? null : end.failure, updated_at: end.at })
    .where('shared_run_of', '=', end.jobId)
    .where('state', '=', 'queued')
    .where('state', 'in', statesBefore(end.next))
    .returning(['id', 'image_id'])
    .execute();
  return {
    followers: ended.map(({ id }) => JobRow.shape.id.parse(id)),
    images: ended.map(({ image_id }) => JobRow.shape.image_id.parse(image_id)),
  };
}

/**
 * The eldest of the followers of a job that brings them nothing any more runs itself, and leads the others; a batch job
 * only where there is no other.
 */
export async function promoteFollower(db: Kysely<Tables>, leader: JobId): Promise<Work | null> {
  const followers = () =>
    db.selectFrom('jobs').where('shared_run_of', '=', leader).where('state', '=', 'queued');
  const eldest = await followers()
    .select('id')
    .orderBy('is_batch')
    .orderBy('created_at')
    .orderBy('id')
    .limit(1)
    .executeTakeFirst();
  if (!eldest) return null;
  const promoted = JobRow.shape.id.parse(eldest.id);
  await db.updateTable('jobs').set({ shared_run_of: null }).where('id', '=', promoted).execute();
  await db
    .updateTable('jobs')
    .set({ shared_run_of: promoted })
    .where('shared_run_of', '=', leader)
    .where('state', '=', 'queued')
    .execute();
  return workOf(db, promoted);
}
