import type { Kysely } from 'kysely';
import type { ImageId } from '../domain/ids.ts';
import { type FailureCode, hasEnded, statesBefore } from '../domain/job.ts';
import { all } from './all.ts';
import type { RunEnd, RunHistory, RunStart, SettledRun } from './records.ts';
import { ImageRow, JobRow, RunRow, type Tables } from './schema/tables.ts';
import { attachSet, endFollowers, promoteFollower, showSet } from './sharing.ts';
import { type Tells, tellEnded } from './webhooks/tell.ts';

export async function startRun(
  db: Kysely<Tables>,
  start: RunStart & { node?: string },
): Promise<RunHistory | null> {
  // Nearly all have never run: then there is no history to ask for.
  if (await moveToRunning(db, start, true)) {
    await insertRun(db, start, 1);
    return historyOf([]);
  }
  const moved =
    (await moveToRunning(db, start, false)) ??
    ((await takeOver(db, start)) && (await moveToRunning(db, start, false)));
  if (!moved) return null;
  const earlier = await db
    .selectFrom('runs')
    .select(['number', 'outcome', 'failure'])
    .where('job_id', '=', start.jobId)
    .orderBy('number')
    .execute();
  await insertRun(db, start, (earlier.at(-1)?.number ?? 0) + 1);
  return historyOf(earlier.filter(({ number }) => number >= moved.counted_from_run));
}

const insertRun = (db: Kysely<Tables>, start: RunStart & { node?: string }, number: number) =>
  db
    .insertInto('runs')
    .values({
      id: start.runId,
      job_id: start.jobId,
      number,
      worker_pid: start.workerPid,
      node: start.node ?? null,
      lease: start.lease?.id ?? null,
      started_at: start.at,
      ended_at: null,
      outcome: null,
      signal: null,
      exit_code: null,
      peak_rss_bytes: null,
      failure: null,
    })
    .execute();

const moveToRunning = (db: Kysely<Tables>, { jobId, runId, at }: RunStart, isFresh: boolean) =>
  db
    .updateTable('jobs')
    .set({ state: 'running', active_run: runId, is_fresh: 0, updated_at: at })
    .where('id', '=', jobId)
    .where('state', 'in', statesBefore('running'))
    .where('is_fresh', '=', isFresh ? 1 : 0)
    .returning('counted_from_run')
    .executeTakeFirst();

/** The queue lends a job again when its node has not been heard of: the run that went on there is given up. */
async function takeOver(db: Kysely<Tables>, { jobId, lease, at }: RunStart): Promise<boolean> {
  if (!lease) return false;
  const { numUpdatedRows } = await db
    .updateTable('jobs')
    .set({ state: 'queued', active_run: null, updated_at: at })
    .where('id', '=', jobId)
    .where('state', '=', 'running')
    .where(({ exists, selectFrom }) =>
      exists(
        selectFrom('runs')
          .select('runs.id')
          .whereRef('runs.id', '=', 'jobs.active_run')
          .where('runs.lease', '=', lease.id),
      ),
    )
    .executeTakeFirst();
  if (numUpdatedRows === 0n) return false;
  await endOpenRuns(db, jobId, at);
  return true;
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

/** Those of a job's own files: others with the same bytes have theirs, and may succeed. */
const FAULTS_OF_ITS_OWN = new Set<FailureCode | null>(['original_missing', 'storage_error']);

export async function finishRun(db: Kysely<Tables>, end: RunEnd & Tells): Promise<SettledRun | null> {
  const [moved] = await all([moveOn(db, end), recordEnd(db, end)]);
  if (!moved) return null;
  const { image_id: imageId, tenant, sha256 } = Moved.parse(moved);
  if (end.next === 'quarantined') await quarantine(db, imageId, end);
  const bytes = tenant !== null && sha256 !== null ? { tenant, sha256 } : await bytesOf(db, imageId);
  const isOwnFault = end.next === 'failed' && FAULTS_OF_ITS_OWN.has(end.failure);
  const [{ set, retired }, ended] = await all([
    attachSet(db, imageId, bytes, end),
    isOwnFault ? null : endFollowers(db, end),
  ]);
  const retiredSets = [...retired, ...(set && ended ? await showSet(db, ended.images, set, end) : [])];
  if (hasEnded(end.next)) await tellEnded(db, [end.jobId, ...(ended?.followers ?? [])], end);
  const promoted = isOwnFault ? await promoteFollower(db, end.jobId) : null;
  return { keepsDirectory: set === end.runId, followers: ended?.followers ?? [], promoted, retiredSets };
}

const Moved = JobRow.pick({ image_id: true, tenant: true, sha256: true });

const moveOn = (db: Kysely<Tables>, end: RunEnd) =>
  db
    .updateTable('jobs')
    .set({
      state: end.next,
      failure: end.next === 'failed' || end.next === 'quarantined' ? end.failure : null,
      active_run: null,
      updated_at: end.at,
    })
    .where('id', '=', end.jobId)
    .where('active_run', '=', end.runId)
    .where('state', 'in', statesBefore(end.next))
    .returning(['image_id', 'tenant', 'sha256'])
    .executeTakeFirst();

const recordEnd = (db: Kysely<Tables>, end: RunEnd) =>
  db
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

/** Of a job of a time before it had them itself. */
async function bytesOf(db: Kysely<Tables>, imageId: ImageId) {
  const image = await db
    .selectFrom('images')
    .select(['tenant', 'sha256'])
    .where('id', '=', imageId)
    .executeTakeFirstOrThrow();
  return ImageRow.pick({ tenant: true, sha256: true }).parse(image);
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

/** The runs that are going on of a job that goes on without them. */
export async function endOpenRuns(db: Kysely<Tables>, jobId: string, at: number): Promise<void> {
  await db
    .updateTable('runs')
    .set({ ended_at: at, outcome: 'interrupted', failure: 'worker_lost' })
    .where('job_id', '=', jobId)
    .where('ended_at', 'is', null)
    .execute();
}
