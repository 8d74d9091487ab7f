import type { Kysely } from 'kysely';
import { StoreError } from '../../errors.ts';
import { isKnown, type Session, sqlState } from '../../postgres/session.ts';
import type { Sessions } from '../../postgres/sessions.ts';
import { all } from '../all.ts';
import { CALLS, type CallKind } from '../calls.ts';
import type { Lease } from '../records.ts';
import type { Tables } from '../schema/tables.ts';
import type { AnyCall } from './any-call.ts';
import { type TransactionalQueue, workLeftBy } from './transactional-queue.ts';
import { turnsOf } from './turns.ts';

/** disk_full of PostgreSQL's appendix A. */
const FULL = '53100';

/** The lease of one call has run out: with it alone nothing may be committed. */
class LeaseLost extends Error {
  override readonly name = 'LeaseLost';
}

/** The database was not reached, or has not answered: whatever was asked for, it would not do it now. */
export class NoAnswer extends StoreError {}

/**
 * Does what these calls ask for in one transaction: all of it or nothing.
 * @returns their answers; null for one that came alone, and whose lease had run out
 * @throws {StoreError} whose cause is what the database said
 */
export async function transact(
  sessions: Sessions<Tables>,
  queue: TransactionalQueue,
  calls: readonly AnyCall[],
): Promise<unknown[]> {
  const doing: { session: Session | null; isCommitting: boolean } = { session: null, isCommitting: false };
  try {
    return await sessions.within((session, db) => {
      doing.session = session;
      return within(session, db, queue, calls, doing);
    });
  } catch (error) {
    if (error instanceof LeaseLost && calls.length === 1) return [null];
    const code = sqlState(error) === FULL ? 'storage_full' : 'storage_unavailable';
    // Of a commit that nobody has answered it is not known whether it was one.
    const nothingKept = !doing.isCommitting || isKnown(error);
    const names = calls.map(({ name }) => name).join(', ');
    const Failure = doing.session === null || doing.session.isSilent ? NoAnswer : StoreError;
    throw new Failure(code, `${names}: ${String(error)}`, { cause: error, nothingKept });
  }
}

async function within(
  session: Session,
  db: Kysely<Tables>,
  queue: TransactionalQueue,
  calls: readonly AnyCall[],
  doing: { isCommitting: boolean },
): Promise<unknown[]> {
  try {
    const turns = turnsOf(calls);
    // What does not wait for an answer is sent together: each way there and back is felt.
    const [, , held, settled, answers] = await all([
      session.send(beginningOf(calls)),
      turns && session.send(turns.text, turns.values),
      queue.held(session, leasesOf(calls, 'startRun')),
      queue.settle(session, leasesOf(calls, 'finishRun')),
      all(calls.map((call) => ask(db, call))),
    ]);
    for (const [index, call] of calls.entries()) {
      const lease = leaseOf(call);
      // Where the job is not queued, or the run not the active one, nothing of it counts in any case.
      if (lease && !held.has(lease) && !settled.has(lease) && answers[index] !== null) throw new LeaseLost();
    }
    const work = (await all(calls.map((call, index) => workLeftBy(db, call, answers[index])))).flat();
    await queue.settle(session, leasesOfDeleted(calls, answers));
    const sent = work.length > 0 ? await queue.send(session, work) : null;
    doing.isCommitting = true;
    await all([sent?.kept, session.send('commit')]);
    if (work.length > 0) queue.committed(work);
    return answers;
  } catch (error) {
    // Where the connection is broken the server rolls back by itself.
    if (!doing.isCommitting) await session.send('rollback').catch(() => {});
    throw error;
  }
}

/** A run begins and ends by the lease of its job. */
const leaseOf = (call: AnyCall): Lease | undefined =>
  call.name === 'startRun' || call.name === 'finishRun' ? call.input.lease : undefined;

const leasesOf = (calls: readonly AnyCall[], name: AnyCall['name']): Lease[] =>
  calls.flatMap((call) => (call.name === name ? (leaseOf(call) ?? []) : []));

/** Where a power cut may undo all of it, its commit need not wait for the disk. */
function beginningOf(calls: readonly AnyCall[]): string {
  const kinds = new Set<CallKind>(calls.map(({ name }) => CALLS[name].kind));
  if (kinds.has('durable')) return 'begin';
  if (kinds.has('relaxed')) return 'begin; set local synchronous_commit to off';
  return 'begin isolation level repeatable read read only';
}

function ask(db: Kysely<Tables>, { name, input }: AnyCall): Promise<unknown> {
  // The types tie each name to its input; only their union is left here.
  const query = CALLS[name].query as (db: Kysely<Tables>, input: unknown) => Promise<unknown>;
  return query(db, input);
}

/** The job was deleted before its run: with it goes what it was lent by. */
const leasesOfDeleted = (calls: readonly AnyCall[], answers: readonly unknown[]): Lease[] =>
  calls.flatMap((call, index) =>
    call.name === 'startRun' && answers[index] === null ? (call.input.lease ?? []) : [],
  );
