import type { Kysely } from 'kysely';
import type { Job } from '../domain/job.ts';
import { answerKey } from './idempotency.ts';
import { insertJob } from './insert-job.ts';
import { hasRecipe, keepRecipe } from './recipes.ts';
import type { AcceptedUpload } from './records.ts';
import { findTwin } from './sharing.ts';
import type { Tables } from './tables.ts';

export async function acceptUpload(
  db: Kysely<Tables>,
  upload: AcceptedUpload,
): Promise<Job | 'no_twin' | 'claim_lost'> {
  const { image, jobId, requestId, recipeDigest, pipelineVersion, isBatch, claim, needsTwin } = upload;
  const { tenant, sha256 } = image;
  const key = { tenant, sha256, recipeDigest, pipelineVersion };
  const [twin, isRecipeKept] = await Promise.all([findTwin(db, key, isBatch), hasRecipe(db, recipeDigest)]);
  if (needsTwin && !twin) return 'no_twin';
  const job: Job = {
    id: jobId,
    imageId: image.id,
    preset: image.preset,
    state: twin?.published ? 'succeeded' : 'queued',
    failure: null,
    isBatch,
    sharedRunOf: twin?.job ?? null,
    requestId,
    ...(upload.trace && { trace: upload.trace }),
    createdAt: image.createdAt,
    updatedAt: image.createdAt,
  };
  if (claim && !(await answerKey(db, claim, job))) return 'claim_lost';
  if (!isRecipeKept) await keepRecipe(db, recipeDigest, upload.recipe);
  const isFresh = !isBatch && !upload.hasPlace;
  const insertImage = db
    .insertInto('images')
    .values({
      id: image.id,
      tenant,
      sha256,
      bytes: image.bytes,
      ...image.header,
      preset: image.preset,
      metadata: image.metadata && JSON.stringify(image.metadata),
      focus: image.focus && JSON.stringify(image.focus),
      created_at: image.createdAt,
      published_run: twin?.published ?? null,
    })
    .execute();
  await Promise.all([insertImage, insertJob(db, job, key, { isFresh, turn: upload.turn ?? 0 })]);
  return job;
}
