import type { Kysely } from 'kysely';
import { z } from 'zod';
import { DEFAULT_TENANT, type ImageId, type JobId, type Tenant } from '../domain/ids.ts';
import type { JobState } from '../domain/job.ts';
import { DEFAULT_PRESET, type Preset } from '../domain/preset.ts';
import type { Decoder, QuarantinedBytes } from '../domain/quarantine.ts';
import { runMemoryBytes } from '../domain/run-memory.ts';
import type {
  ImageRecord,
  JobCursor,
  JobPage,
  JobRecord,
  QuarantineCursor,
  QuarantinePage,
  Work,
} from './records.ts';
import { RecipeRow } from './schema/recipe-tables.ts';
import {
  ImageRow,
  JobRow,
  QuarantineRow,
  RunRow,
  SetRow,
  type Tables,
  toImage,
  toJob,
  toQuarantined,
  toRun,
  toSet,
} from './schema/tables.ts';

export async function findImage(
  db: Kysely<Tables>,
  { id, tenant, at }: { id: ImageId; tenant: Tenant | null; at: number },
): Promise<ImageRecord | 'deleted' | null> {
  const named = db.selectFrom('images').selectAll().where('id', '=', id);
  // For another's as much is done as for one that is not there: the time of the answer would tell them apart.
  const found = await (tenant === null ? named : named.where('tenant', '=', tenant)).executeTakeFirst();
  if (!found) {
    const gone = await db
      .selectFrom('deleted_images')
      .select('tenant')
      .where('id', '=', id)
      .executeTakeFirst();
    return gone && (tenant === null || gone.tenant === tenant) ? 'deleted' : null;
  }
  const row = ImageRow.parse(found);
  const leftMs = row.expires_at === null ? null : row.expires_at - at;
  if (leftMs !== null && leftMs <= 0) return 'deleted';
  const job = await db
    .selectFrom('jobs')
    .selectAll()
    .where('image_id', '=', id)
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirstOrThrow();
  const set = row.published_run
    ? await db
        .selectFrom('sets')
        .selectAll()
        .where('run_id', '=', row.published_run)
        .executeTakeFirstOrThrow()
    : null;
  return {
    image: toImage(row),
    job: toJob(JobRow.parse(job)),
    set: set && toSet(SetRow.parse(set)),
    ...(leftMs !== null && { leftMs }),
  };
}

export async function findJob(db: Kysely<Tables>, id: JobId): Promise<JobRecord | null> {
  const job = await db.selectFrom('jobs').selectAll().where('id', '=', id).executeTakeFirst();
  if (!job) return null;
  const runs = await db.selectFrom('runs').selectAll().where('job_id', '=', id).orderBy('number').execute();
  const row = JobRow.parse(job);
  // Before there were others, all was of this one.
  const tenant = row.tenant ?? DEFAULT_TENANT;
  return { job: toJob(row), tenant, runs: runs.map((run) => toRun(RunRow.parse(run))) };
}

export async function listJobs(
  db: Kysely<Tables>,
  query: { status?: JobState; after?: JobCursor; limit: number },
): Promise<JobPage> {
  let select = db.selectFrom('jobs').selectAll().orderBy('created_at', 'desc').orderBy('id', 'desc');
  if (query.status) select = select.where('state', '=', query.status);
  const { after } = query;
  if (after) {
    select = select.where(({ eb, refTuple, tuple }) =>
      eb(refTuple('created_at', 'id'), '<', tuple(after.createdAt, after.id)),
    );
  }
  const rows = await select.limit(query.limit + 1).execute();
  const jobs = rows.slice(0, query.limit).map((row) => toJob(JobRow.parse(row)));
  const last = jobs.at(-1);
  return {
    jobs,
    next: rows.length > query.limit && last ? { createdAt: last.createdAt, id: last.id } : null,
  };
}

export async function queuedWork(db: Kysely<Tables>): Promise<Work[]> {
  const rows = await selectWork(db)
    .where('jobs.state', '=', 'queued')
    .where('jobs.shared_run_of', 'is', null)
    .orderBy('jobs.created_at')
    .orderBy('jobs.id')
    .execute();
  return rows.map(workReader());
}

export async function workOf(db: Kysely<Tables>, id: JobId): Promise<Work> {
  return workReader()(await selectWork(db).where('jobs.id', '=', id).executeTakeFirstOrThrow());
}

const selectWork = (db: Kysely<Tables>) =>
  db
    .selectFrom('jobs')
    .innerJoin('images', 'images.id', 'jobs.image_id')
    .leftJoin('recipes', 'recipes.digest', 'jobs.recipe_digest')
    .selectAll('jobs')
    .select(['images.tenant as image_tenant', 'format', 'width', 'height', 'frames', 'recipes.definition'])
    .select(({ selectFrom }) =>
      selectFrom('runs')
        .select(({ fn }) => fn.countAll<number>().as('crashes'))
        .whereRef('runs.job_id', '=', 'jobs.id')
        .whereRef('runs.number', '>=', 'jobs.counted_from_run')
        .where('runs.outcome', '=', 'crashed')
        .as('crashes'),
    );

const WorkRow = z.object({
  ...ImageRow.pick({ format: true, width: true, height: true, frames: true }).shape,
  image_tenant: ImageRow.shape.tenant,
  recipe_digest: JobRow.shape.recipe_digest,
  definition: z.string().nullable(),
  crashes: z.coerce.number(),
});

/** Of many jobs by the same few recipes, each is read once. */
function workReader(): (row: Tables['jobs']) => Work {
  const presets = new Map<string, Preset>();
  return (row) => {
    const job = toJob(JobRow.parse(row));
    const { image_tenant, recipe_digest, definition, crashes, ...header } = WorkRow.parse(row);
    const preset =
      definition === null
        ? DEFAULT_PRESET
        : (presets.get(definition) ?? RecipeRow.shape.definition.parse(definition).preset);
    if (definition !== null) presets.set(definition, preset);
    return {
      jobId: job.id,
      imageId: job.imageId,
      tenant: image_tenant,
      preset: job.preset,
      requestId: job.requestId,
      ...(job.trace && { trace: job.trace }),
      format: header.format,
      memoryBytes: runMemoryBytes(header, preset, null),
      recipeDigest: recipe_digest,
      isSuspect: crashes > 0,
      isBatch: job.isBatch,
    };
  };
}

export async function isQuarantined(
  db: Kysely<Tables>,
  { tenant, sha256, decoder }: QuarantinedBytes & { decoder: Decoder },
): Promise<boolean> {
  const found = await db
    .selectFrom('quarantine')
    .select('sha256')
    .where('tenant', '=', tenant)
    .where('sha256', '=', sha256)
    .where('decoder', '=', decoder)
    .executeTakeFirst();
  return found !== undefined;
}

export async function listQuarantine(
  db: Kysely<Tables>,
  { tenant, after, limit }: { tenant: Tenant; after?: QuarantineCursor; limit: number },
): Promise<QuarantinePage> {
  let select = db
    .selectFrom('quarantine')
    .selectAll()
    .where('tenant', '=', tenant)
    .orderBy('at', 'desc')
    .orderBy('sha256', 'desc')
    .orderBy('decoder', 'desc');
  if (after) {
    select = select.where(({ eb, refTuple, tuple }) =>
      eb(refTuple('at', 'sha256', 'decoder'), '<', tuple(after.at, after.sha256, after.decoder)),
    );
  }
  const rows = await select.limit(limit + 1).execute();
  const quarantined = rows.slice(0, limit).map((row) => toQuarantined(QuarantineRow.parse(row)));
  const last = quarantined.at(-1);
  const next =
    rows.length > limit && last ? { at: last.at, sha256: last.sha256, decoder: last.decoder } : null;
  return { quarantined, next };
}
