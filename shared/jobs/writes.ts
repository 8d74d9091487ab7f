import type { Kysely } from 'kysely';
import type { ImageId } from '../domain/ids.ts';
import { JOB_STATES, JOB_TRANSITIONS, type JobState } from '../domain/job.ts';
import type { AcceptedUpload, DeletedImage, RunEnd, RunHistory, RunStart } from './job-store.ts';
import { findImage } from './reads.ts';
import { JobRow, RunRow, type Tables } from './tables.ts';

/** The states from which a job may move to this one: every update of a state is conditional on them. */
const before = (state: JobState): JobState[] =>
  JOB_STATES.filter((from) => JOB_TRANSITIONS[from].includes(state));

export async function acceptUpload(db: Kysely<Tables>, { image, job }: AcceptedUpload): Promise<void> {
  await db
    .insertInto('images')
    .values({
      id: image.id,
      tenant: image.tenant,
      sha256: image.sha256,
      bytes: image.bytes,
      ...image.header,
      preset: image.preset,
      metadata: image.metadata && JSON.stringify(image.metadata),
      created_at: image.createdAt,
      published_run: null,
    })
    .execute();
  await db
    .insertInto('jobs')
    .values({
      id: job.id,
      image_id: job.imageId,
      preset: job.preset,
      state: job.state,
      failure: job.failure,
      request_id: job.requestId,
      created_at: job.createdAt,
      updated_at: job.updatedAt,
      active_run: null,
    })
    .execute();
}

export async function startRun(db: Kysely<Tables>, start: RunStart): Promise<RunHistory | null> {
  const moved = await db
    .updateTable('jobs')
    .set({ state: 'running', active_run: start.runId, updated_at: start.at })
    .where('id', '=', start.jobId)
    .where('state', 'in', before('running'))
    .executeTakeFirst();
  if (moved.numUpdatedRows === 0n) return null;
  const earlier = await db.selectFrom('runs').select('outcome').where('job_id', '=', start.jobId).execute();
  await db
    .insertInto('runs')
    .values({
      id: start.runId,
      job_id: start.jobId,
      worker_pid: start.workerPid,
      started_at: start.at,
      ended_at: null,
      outcome: null,
      signal: null,
      exit_code: null,
      peak_rss_bytes: null,
      failure: null,
    })
    .execute();
  const outcomes: RunHistory['outcomes'] = {};
  for (const run of earlier) {
    const outcome = RunRow.shape.outcome.parse(run.outcome);
    if (outcome) outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
  }
  return { outcomes };
}

export async function finishRun(db: Kysely<Tables>, end: RunEnd): Promise<boolean> {
  const moved = await db
    .updateTable('jobs')
    .set({
      state: end.next,
      failure: end.next === 'failed' ? end.failure : null,
      active_run: null,
      updated_at: end.at,
    })
    .where('id', '=', end.jobId)
    .where('active_run', '=', end.runId)
    .where('state', 'in', before(end.next))
    .returning('image_id')
    .executeTakeFirst();
  await db
    .updateTable('runs')
    .set({
      ended_at: end.at,
      outcome: end.outcome,
      signal: end.signal,
      exit_code: end.exitCode,
      peak_rss_bytes: end.peakRssBytes,
      failure: end.failure,
    })
    .where('id', '=', end.runId)
    .where('ended_at', 'is', null)
    .execute();
  if (!moved) return false;
  if (end.manifest) {
    await db
      .insertInto('sets')
      .values({ run_id: end.runId, manifest: JSON.stringify(end.manifest), published_at: end.at })
      .execute();
    await db
      .updateTable('images')
      .set({ published_run: end.runId })
      .where('id', '=', moved.image_id)
      .execute();
  }
  return true;
}

export async function deleteImage(
  db: Kysely<Tables>,
  { id, at }: { id: ImageId; at: number },
): Promise<DeletedImage | 'deleted' | null> {
  const found = await findImage(db, id);
  if (found === null || found === 'deleted') return found;
  const pending = await db
    .selectFrom('jobs')
    .select(['id', 'state', 'active_run'])
    .where('image_id', '=', id)
    .where('state', 'in', before('cancelled'))
    .execute();
  let activeRun: DeletedImage['activeRun'] = null;
  for (const job of pending) {
    activeRun = JobRow.shape.active_run.parse(job.active_run) ?? activeRun;
    await db
      .updateTable('jobs')
      .set({ state: 'cancelled', active_run: null, updated_at: at })
      .where('id', '=', job.id)
      .execute();
    await endOpenRuns(db, job.id, at);
  }
  await db.deleteFrom('images').where('id', '=', id).execute();
  if (found.set) await db.deleteFrom('sets').where('run_id', '=', found.set.runId).execute();
  await db.insertInto('deleted_images').values({ id, deleted_at: at }).execute();
  return { activeRun, publishedRun: found.set?.runId ?? null };
}

export async function requeueRunning(db: Kysely<Tables>, at: number): Promise<number> {
  const running = await db.selectFrom('jobs').select('id').where('state', '=', 'running').execute();
  for (const job of running) {
    await endOpenRuns(db, job.id, at);
    await db
      .updateTable('jobs')
      .set({ state: 'queued', active_run: null, updated_at: at })
      .where('id', '=', job.id)
      .execute();
  }
  return running.length;
}

async function endOpenRuns(db: Kysely<Tables>, jobId: string, at: number): Promise<void> {
  await db
    .updateTable('runs')
    .set({ ended_at: at, outcome: 'interrupted', failure: 'worker_lost' })
    .where('job_id', '=', jobId)
    .where('ended_at', 'is', null)
    .execute();
}
