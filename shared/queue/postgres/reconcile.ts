import { type Kysely, sql } from 'kysely';
import type { TransactionalQueue } from '../../jobs/postgres/transactional-queue.ts';
import { workOf } from '../../jobs/reads.ts';
import { endOpenRuns } from '../../jobs/runs.ts';
import { JobRow, type Tables } from '../../jobs/schema/tables.ts';
import type { Session } from '../../postgres/session.ts';
import { ALIVE_SECONDS } from './migrations.ts';

/** Few enough for one transaction; what is left is for the next time. */
const MOST_AT_ONCE = 500;

/** Any number that no other lock of the database has. */
const RECONCILE_LOCK = 7_236_418_906;

/** A node that was not heard of for so long has nobody's request under way any more. */
const GONE_SECONDS = ALIVE_SECONDS * 3;

export interface Reconciled {
  /** Jobs that were running by no lease, and wait again. */
  interrupted: number;
  /** Jobs that waited without being in the queue. */
  sent: number;
  /** Idempotency keys that were claimed by requests of nodes that are gone. */
  released: number;
}

/** A job waits or runs by a live row of the queue; a row of the queue without one has never to be. */
const hasLiveRow = sql<boolean>`exists (
  select 1 from pgboss.job where name = any(array['fresh', 'backlog', 'batch'])
    and coalesce(singleton_key, '') = jobs.id and policy = 'exclusive' and state <= 'active')`;

/**
 * Makes good what should not be: after a restore of the database, or of a part of it, records and queue may differ.
 * One node does it at a time. Within a transaction.
 * @param steadyMs for how long the database has been in reach: who was silent before may have been cut off, as we were
 * @returns null: another node is at it
 */
export async function reconcile(
  session: Session,
  db: Kysely<Tables>,
  queue: Pick<TransactionalQueue, 'send'>,
  at: number,
  steadyMs: number,
): Promise<Reconciled | null> {
  const lock = await sql<{
    ours: boolean;
  }>`select pg_try_advisory_xact_lock(${RECONCILE_LOCK}) as ours`.execute(db);
  if (!lock.rows[0]?.ours) return null;
  const interrupted = await interruptWithoutLease(db, at);
  const sent = await sendWaiting(session, db, queue);
  const released = steadyMs > GONE_SECONDS * 1000 ? await releaseClaimsOfTheGone(db) : 0;
  return { interrupted, sent, released };
}

async function interruptWithoutLease(db: Kysely<Tables>, at: number): Promise<number> {
  const lost = await db
    .updateTable('jobs')
    .set({ state: 'queued', active_run: null, updated_at: at })
    .where('state', '=', 'running')
    .where(sql<boolean>`not ${hasLiveRow}`)
    .returning('id')
    .execute();
  for (const { id } of lost) await endOpenRuns(db, id, at);
  return lost.length;
}

async function sendWaiting(
  session: Session,
  db: Kysely<Tables>,
  queue: Pick<TransactionalQueue, 'send'>,
): Promise<number> {
  const waiting = await db
    .selectFrom('jobs')
    .select(['id', 'is_fresh'])
    .where('state', '=', 'queued')
    .where('shared_run_of', 'is', null)
    .where(sql<boolean>`not ${hasLiveRow}`)
    .orderBy('created_at')
    .limit(MOST_AT_ONCE)
    .execute();
  for (const row of waiting) {
    const work = await workOf(db, JobRow.shape.id.parse(row.id));
    const lane = row.is_fresh ? 'fresh' : work.isBatch && !work.isSuspect ? 'batch' : 'backlog';
    const { kept } = await queue.send(session, [{ work, lane, inMs: 0, turn: 0 }]);
    await kept;
  }
  return waiting.length;
}

async function releaseClaimsOfTheGone(db: Kysely<Tables>): Promise<number> {
  await sql`delete from nodes where seen_at < clock_timestamp() - interval '1 hour'`.execute(db);
  const { numDeletedRows } = await db
    .deleteFrom('idempotency_keys')
    .where('job_id', 'is', null)
    .where('node', 'is not', null)
    .where(
      sql<boolean>`node not in (
        select id from nodes where seen_at > clock_timestamp() - ${GONE_SECONDS} * interval '1 second')`,
    )
    .executeTakeFirst();
  return Number(numDeletedRows);
}
