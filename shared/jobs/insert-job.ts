import type { Kysely } from 'kysely';
import type { SetKey } from '../domain/image.ts';
import type { Job } from '../domain/job.ts';
import type { Tables } from './schema/tables.ts';

/**
 * @param key of the set that the job is to make
 * @param isFresh whether it is of an upload that waits for it
 * @param turn of those that wait the lower ones go first, where tenants take turns
 */
export async function insertJob(
  db: Kysely<Tables>,
  job: Job,
  key: SetKey,
  { isFresh, turn = 0 }: { isFresh: boolean; turn?: number },
): Promise<void> {
  await db
    .insertInto('jobs')
    .values({
      id: job.id,
      image_id: job.imageId,
      preset: job.preset,
      state: job.state,
      failure: job.failure,
      request_id: job.requestId,
      trace: job.trace ?? null,
      created_at: job.createdAt,
      updated_at: job.updatedAt,
      active_run: null,
      counted_from_run: 1,
      recipe_digest: key.recipeDigest,
      pipeline_version: key.pipelineVersion,
      is_batch: job.isBatch ? 1 : 0,
      shared_run_of: job.sharedRunOf,
      is_fresh: isFresh ? 1 : 0,
      turn,
      tenant: key.tenant,
      sha256: key.sha256,
    })
    .execute();
}
