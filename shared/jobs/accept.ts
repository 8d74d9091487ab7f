import type { Kysely } from 'kysely';
import type { Job } from '../domain/job.ts';
import { all } from './all.ts';
import { answerKey } from './idempotency.ts';
import { indexMetadata } from './image-metadata.ts';
import { insertJob } from './insert-job.ts';
import { hasRecipe, keepRecipe } from './recipes.ts';
import type { AcceptedUpload } from './records.ts';
import type { Tables } from './schema/tables.ts';
import { findTwin } from './sharing.ts';
import { changeUsage, countWithin, takeBack } from './usage.ts';
import { type Tells, tellEnded } from './webhooks/tell.ts';

export async function acceptUpload(
  db: Kysely<Tables>,
  upload: AcceptedUpload & Tells,
): Promise<Job | 'no_twin' | 'claim_lost' | 'over_quota'> {
  const { image, jobId, requestId, recipeDigest, pipelineVersion, isBatch, claim, needsTwin } = upload;
  const { tenant, sha256 } = image;
  const key = { tenant, sha256, recipeDigest, pipelineVersion };
  const [twin, isRecipeKept] = await all([findTwin(db, key, isBatch), hasRecipe(db, recipeDigest)]);
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
  const counted = upload.quota ? await countWithin(db, upload.quota, image) : null;
  if (upload.quota && counted === null) return 'over_quota';
  if (claim && !(await answerKey(db, claim, job))) {
    if (counted) await takeBack(db, counted);
    return 'claim_lost';
  }
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
      has_index: 1,
      original_removed_at: null,
      expires_at: image.expiresAt,
    })
    .execute();
  const { id, metadata, createdAt: created_at } = image;
  // The statements reach the database in this order, and the entries name the image.
  const insertMetadata = indexMetadata(db, { id, tenant, metadata, created_at });
  const count = counted ? null : changeUsage(db, { tenant, images: 1, originalBytes: image.bytes });
  await all([
    insertImage,
    insertMetadata,
    count,
    insertJob(db, job, key, { isFresh, turn: upload.turn ?? 0 }),
  ]);
  if (twin?.published) await tellEnded(db, [jobId], { at: image.createdAt, webhooks: upload.webhooks });
  return job;
}
