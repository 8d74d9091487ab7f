import type { Kysely } from 'kysely';
import type { ImageId, JobId } from '../domain/ids.ts';
import { hasEnded, JOB_STATES, JOB_TRANSITIONS, type JobState } from '../domain/job.ts';
import type { QuarantinedBytes } from '../domain/quarantine.ts';
import type { AcceptedUpload, DeletedImage, RunEnd, RunHistory, RunStart, Work } from './job-store.ts';
import { findImage, findJob, workOf } from './reads.ts';
import { JobRow, RunRow, type Tables } from './tables.ts';

/** The states from which a job may move to this one: every update of a state is conditional on them. */
const before = (state: JobState): JobState[] =>
  JOB_STATES.filter((from) => JOB_TRANSITIONS[from].includes(state));

/** A person may have an ended job tried again, unless it has succeeded or been cancelled. */
const RETRIED_BY_HAND = JOB_STATES.filter(
  (from) => hasEnded(from) && JOB_TRANSITIONS[from].includes('queued'),
);

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
      counts_from: job.createdAt,
    })
    .execute();
}

export async function startRun(db: Kysely<Tables>, start: RunStart): Promise<RunHistory | null> {
  const moved = await db
    .updateTable('jobs')
    .set({ state: 'running', active_run: start.runId, updated_at: start.at })
    .where('id', '=', start.jobId)
    .where('state', 'in', before('running'))
    .returning('counts_from')
    .executeTakeFirst();
  if (!moved) return null;
  const earlier = await db
    .selectFrom('runs')
    .select(['outcome', 'failure'])
    .where('job_id', '=', start.jobId)
    .where('started_at', '>=', moved.counts_from)
    .execute();
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
  return historyOf(earlier);
}

function historyOf(runs: readonly Pick<Tables['runs'], 'outcome' | 'failure'>[]): RunHistory {
  const history: RunHistory = { outcomes: {}, decoderDeaths: 0 };
  for (const run of runs) {
    const { outcome, failure } = RunRow.pick({ outcome: true, failure: true }).parse(run);
    if (outcome) history.outcomes[outcome] = (history.outcomes[outcome] ?? 0) + 1;
    if (outcome === 'crashed' && failure === 'worker_crashed') history.decoderDeaths++;
  }
  return history;
}

export async function finishRun(db: Kysely<Tables>, end: RunEnd): Promise<boolean> {
  const moved = await db
    .updateTable('jobs')
    .set({
      state: end.next,
      failure: end.next === 'failed' || end.next === 'quarantined' ? end.failure : null,
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
  if (end.next === 'quarantined') await quarantine(db, moved.image_id, end);
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

async function quarantine(db: Kysely<Tables>, imageId: string, end: RunEnd): Promise<void> {
  await db
    .insertInto('quarantine')
    .columns(['tenant', 'sha256', 'image_id', 'decoder', 'job_id', 'signal', 'exit_code', 'at'])
    .expression((eb) =>
      eb
        .selectFrom('images')
        .select(({ val }) => [
          'tenant',
          'sha256',
          'id',
          val(end.decoder).as('decoder'),
          val(end.jobId).as('job_id'),
          val(end.signal).as('signal'),
          val(end.exitCode).as('exit_code'),
          val(end.at).as('at'),
        ])
        .where('id', '=', imageId),
    )
    .onConflict((conflict) => conflict.columns(['tenant', 'sha256', 'decoder']).doNothing())
    .execute();
}

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
    .set({ state: 'queued', failure: null, counts_from: at, updated_at: at })
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
