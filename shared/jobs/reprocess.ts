import type { Kysely } from 'kysely';
import { z } from 'zod';
import { newJobId, type Sha256 } from '../domain/ids.ts';
import { ImageHeader, type SetKey } from '../domain/image.ts';
import { hasEnded, type Job } from '../domain/job.ts';
import { presetDigest, recipeDigest, recipeFor } from '../domain/preset.ts';
import { runMemoryBytes } from '../domain/run-memory.ts';
import { imagesWithLatestJob } from './images-with-latest-job.ts';
import { insertJob } from './insert-job.ts';
import { hasRecipe, keepRecipe } from './recipes.ts';
import type { ImagesOfPreset, ReprocessCount, ReprocessedPage, ReprocessOrder } from './reprocess-records.ts';
import { RecipeRow } from './schema/recipe-tables.ts';
import { ImageRow, JobRow, SetRow, type Tables } from './schema/tables.ts';
import { findTwin, showSet } from './sharing.ts';
import { type Tells, tellEnded } from './webhooks/tell.ts';

/** An image with what decides whether it has to be made anew: the recipes of its set and of its latest job. */
const Candidate = z.object({
  ...ImageRow.pick({ id: true, tenant: true, sha256: true, focus: true, created_at: true }).shape,
  ...ImageHeader.shape,
  published_run: ImageRow.shape.published_run,
  original_removed_at: ImageRow.shape.original_removed_at,
  set_pipeline: SetRow.shape.pipeline_version,
  set_preset: RecipeRow.shape.preset_digest.nullable(),
  job_id: JobRow.shape.id,
  job_state: JobRow.shape.state,
  job_created_at: JobRow.shape.created_at,
  job_pipeline: JobRow.shape.pipeline_version,
  job_preset: RecipeRow.shape.preset_digest.nullable(),
});
type Candidate = z.output<typeof Candidate>;

/**
 * - `outside`: it never had variants, and why is for its own job to say
 * - `pending`: a job of it waits or runs; there is never more than one
 * - `gone`: it could not be made so any more, as its original has not been kept
 * - `failed`: it could not be made so; a person may have the job tried again
 */
type Standing = 'outside' | 'current' | 'pending' | 'failed' | 'gone' | 'stale';

/** What a set or a job has to be of: the preset as it is now, and the pipeline. */
interface Wanted {
  presetDigest: Sha256;
  pipelineVersion: number;
}

function standingOf(candidate: Candidate, wanted: Wanted): Standing {
  const { set_preset, set_pipeline, job_preset, job_pipeline, job_state, published_run } = candidate;
  if (!hasEnded(job_state)) return 'pending';
  if (published_run === null) return 'outside';
  const isWanted = (preset: Sha256 | null, pipeline: number | null) =>
    preset === wanted.presetDigest && pipeline === wanted.pipelineVersion;
  if (isWanted(set_preset, set_pipeline)) return 'current';
  if (candidate.original_removed_at !== null) return 'gone';
  // What kills its decoder does so by any recipe.
  if (job_state === 'quarantined') return 'failed';
  return job_state === 'failed' && isWanted(job_preset, job_pipeline) ? 'failed' : 'stale';
}

async function candidatesOf(db: Kysely<Tables>, images: ImagesOfPreset) {
  const { preset, pipelineVersion, since, after, limit } = images;
  let select = imagesWithLatestJob(db)
    .leftJoin('sets', 'sets.run_id', 'images.published_run')
    .leftJoin('recipes as set_recipe', 'set_recipe.digest', 'sets.recipe_digest')
    .leftJoin('recipes as job_recipe', 'job_recipe.digest', 'jobs.recipe_digest')
    .select([
      'images.id',
      'images.tenant',
      'images.sha256',
      'images.format',
      'images.width',
      'images.height',
      'images.frames',
      'images.focus',
      'images.created_at',
      'images.published_run',
      'images.original_removed_at',
      'sets.pipeline_version as set_pipeline',
      'set_recipe.preset_digest as set_preset',
      'jobs.id as job_id',
      'jobs.state as job_state',
      'jobs.created_at as job_created_at',
      'jobs.pipeline_version as job_pipeline',
      'job_recipe.preset_digest as job_preset',
    ])
    .where('images.preset', '=', preset.name)
    .where('images.created_at', '>=', since)
    .orderBy('images.created_at')
    .orderBy('images.id');
  if (after) {
    select = select.where(({ eb, refTuple, tuple }) =>
      eb(refTuple('images.created_at', 'images.id'), '>', tuple(after.createdAt, after.id)),
    );
  }
  const rows = await select.limit(limit + 1).execute();
  const candidates = rows.slice(0, limit).map((row) => Candidate.parse(row));
  const last = candidates.at(-1);
  const next = rows.length > limit && last ? { createdAt: last.created_at, id: last.id } : null;
  const wanted = { presetDigest: presetDigest(preset), pipelineVersion };
  return {
    candidates: candidates.map((candidate) => ({ ...candidate, standing: standingOf(candidate, wanted) })),
    next,
  };
}

export async function countReprocess(db: Kysely<Tables>, images: ImagesOfPreset): Promise<ReprocessCount> {
  const { candidates, next } = await candidatesOf(db, images);
  const count: ReprocessCount = {
    total: 0,
    current: 0,
    pending: 0,
    failed: 0,
    failedJobs: [],
    originalGone: 0,
    next,
  };
  for (const candidate of candidates) {
    const { standing } = candidate;
    if (standing === 'outside') continue;
    count.total++;
    if (standing === 'gone') count.originalGone++;
    else if (standing !== 'stale') count[standing]++;
    if (standing === 'failed') count.failedJobs.push(candidate.job_id);
  }
  return count;
}

export async function queueReprocess(
  db: Kysely<Tables>,
  order: ReprocessOrder & Tells,
): Promise<ReprocessedPage> {
  const { candidates, next } = await candidatesOf(db, order);
  const page: ReprocessedPage = { queued: 0, skipped: 0, originalGone: 0, toRun: [], retiredSets: [], next };
  for (const candidate of candidates) {
    if (candidate.standing === 'stale') await makeAnew(db, candidate, order, page);
    else page.skipped++;
    if (candidate.standing === 'gone') page.originalGone++;
  }
  return page;
}

async function makeAnew(
  db: Kysely<Tables>,
  candidate: Candidate,
  { preset, pipelineVersion, requestId, trace, at, webhooks }: ReprocessOrder & Tells,
  page: ReprocessedPage,
): Promise<void> {
  const { id, tenant, sha256, format, focus, job_created_at } = candidate;
  const recipe = recipeFor(preset, focus);
  const key: SetKey = { tenant, sha256, recipeDigest: recipeDigest(recipe), pipelineVersion };
  if (!(await hasRecipe(db, key.recipeDigest))) await keepRecipe(db, key.recipeDigest, recipe);
  const twin = await findTwin(db, key, true);
  // The latest job is the one that was made last, whatever the clock did meanwhile.
  const createdAt = Math.max(at, job_created_at + 1);
  const job: Job = {
    id: newJobId(),
    imageId: id,
    preset: preset.name,
    state: twin?.published ? 'succeeded' : 'queued',
    failure: null,
    isBatch: true,
    sharedRunOf: twin?.job ?? null,
    requestId,
    ...(trace && { trace }),
    createdAt,
    updatedAt: createdAt,
  };
  await insertJob(db, job, key, { isFresh: false });
  page.queued++;
  if (!twin) {
    page.toRun.push({
      jobId: job.id,
      imageId: id,
      tenant,
      preset: preset.name,
      requestId,
      ...(trace && { trace }),
      format,
      memoryBytes: runMemoryBytes(candidate, preset, null),
      recipeDigest: key.recipeDigest,
      isSuspect: false,
      isBatch: true,
    });
  }
  if (!twin?.published) return;
  page.retiredSets.push(...(await showSet(db, [id], twin.published, { at, webhooks })));
  await tellEnded(db, [job.id], { at, webhooks });
}
