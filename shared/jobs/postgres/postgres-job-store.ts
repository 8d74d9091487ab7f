import type { Kysely } from 'kysely';
import { StoreError } from '../../errors.ts';
import { isKnown, type Session, sqlState } from '../../postgres/session.ts';
import type { Sessions } from '../../postgres/sessions.ts';
import { CALLS, type CallInput, type CallKind, type CallName, type CallOutput } from '../calls.ts';
import type { JobStore } from '../job-store.ts';
import { NamedCalls } from '../named-calls.ts';
import type { Lease } from '../records.ts';
import type { Tables } from '../tables.ts';
import { type TransactionalQueue, workLeftBy } from './outbox.ts';
import { TURNS } from './turns.ts';

/** How each kind of call begins. Where a power cut may undo a change, its commit need not wait for the disk. */
const BEGIN: Record<Exclude<CallKind, 'lookup'>, string> = {
  read: 'begin isolation level repeatable read read only',
  durable: 'begin',
  relaxed: 'begin; set local synchronous_commit to off',
};

/** disk_full and out_of_memory of PostgreSQL's appendix A. */
const FULL = '53100';
/** serialization_failure, deadlock_detected, and a prepared statement over a table that has changed: another try may do. */
const AGAIN = new Set(['40001', '40P01', '0A000']);

/** A {@link JobStore} in a PostgreSQL database, which several nodes may share. */
export class PostgresJobStore extends NamedCalls implements JobStore {
  readonly #sessions: Sessions<Tables>;
  readonly #node: string;
  readonly #queue: TransactionalQueue;
  readonly #underWay = new Set<Promise<unknown>>();
  #closing: Promise<void> | null = null;

  /**
   * @param sessions with its tables as they are to be; closed with the store
   * @param node the name of this process among all that share the database
   * @param queue where work goes, in the transaction that brings it about
   */
  constructor(sessions: Sessions<Tables>, node: string, queue: TransactionalQueue) {
    super();
    this.#sessions = sessions;
    this.#node = node;
    this.#queue = queue;
  }

  override claimKey: JobStore['claimKey'] = (claim, at) =>
    this.call('claimKey', { claim, at, node: this.#node });
  override startRun: JobStore['startRun'] = (start) => this.call('startRun', { ...start, node: this.#node });

  /** When all calls are answered that came before. */
  close(): Promise<void> {
    this.#closing ??= Promise.allSettled(this.#underWay).then(() => this.#sessions.db.destroy());
    return this.#closing;
  }

  protected call<N extends CallName>(name: N, input: CallInput<N>): Promise<CallOutput<N>> {
    if (this.#closing) return Promise.reject(new StoreError('storage_unavailable', 'the store is closed'));
    const answer = this.#answer(name, input);
    this.#underWay.add(answer);
    return answer.finally(() => this.#underWay.delete(answer));
  }

  async #answer<N extends CallName>(name: N, input: CallInput<N>): Promise<CallOutput<N>> {
    try {
      return await this.#tryOnce(name, input);
    } catch (error) {
      if (!(error instanceof StoreError) || !AGAIN.has(sqlState(error.cause) ?? '')) throw error;
      return this.#tryOnce(name, input);
    }
  }

  async #tryOnce<N extends CallName>(name: N, input: CallInput<N>): Promise<CallOutput<N>> {
    const { kind, query } = CALLS[name];
    // The types tie each name to its input; only their union is left here.
    const ask = query as (db: Kysely<Tables>, input: unknown) => Promise<CallOutput<N>>;
    const turn = TURNS[name]?.(input);
    let committing = false;
    try {
      if (kind === 'lookup') return await ask(this.#sessions.db, input);
      return await this.#sessions.within(async (session, db) => {
        try {
          // What does not wait for an answer is sent together: each way there and back is felt.
          const [, , isHeld, answer] = await all([
            session.send(BEGIN[kind]),
            turn && session.send(turn.text, turn.values),
            name === 'finishRun' ? this.#settle(session, input) : true,
            ask(db, input),
          ]);
          if (!isHeld && answer !== null) {
            await session.send('rollback');
            // As where the run is not the active one: nothing of it counts.
            return null as CallOutput<N>;
          }
          const work = await workLeftBy(db, name, input, answer);
          // The job was deleted before its run: so is what it was lent by.
          if (name === 'startRun' && answer === null) await this.#settle(session, input);
          const sent = work.length > 0 ? await this.#queue.send(session, work) : null;
          committing = true;
          await all([sent?.kept, session.send('commit')]);
          if (work.length > 0) this.#queue.committed(work);
          return answer;
        } catch (error) {
          // Where the connection is broken the server rolls back by itself.
          if (!committing) await session.send('rollback').catch(() => {});
          throw error;
        }
      });
    } catch (error) {
      const code = sqlState(error) === FULL ? 'storage_full' : 'storage_unavailable';
      // Of a commit that nobody has answered it is not known whether it was one.
      const nothingKept = !committing || isKnown(error);
      throw new StoreError(code, `${name}: ${String(error)}`, { cause: error, nothingKept });
    }
  }

  /** True where the work was not lent. */
  #settle(session: Session, input: unknown): Promise<boolean> | true {
    const { lease } = input as { lease?: Lease };
    return lease ? this.#queue.settle(session, lease) : true;
  }
}

/** Waits for all, so that nothing is under way any more, and then fails if one has. */
async function all<T extends readonly unknown[]>(
  promises: T,
): Promise<{ -readonly [I in keyof T]: Awaited<T[I]> }> {
  const settled = await Promise.allSettled(promises);
  const failed = settled.find((it) => it.status === 'rejected');
  if (failed) throw failed.reason;
  return settled.map((it) => (it.status === 'fulfilled' ? it.value : undefined)) as {
    -readonly [I in keyof T]: Awaited<T[I]>;
  };
}
