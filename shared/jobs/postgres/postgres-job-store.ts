import { type Kysely, sql } from 'kysely';
import { StoreError } from '../../errors.ts';
import { isAnswer, sqlState } from '../../postgres/dialect.ts';
import { CALLS, type CallInput, type CallKind, type CallName, type CallOutput } from '../calls.ts';
import type { JobStore } from '../job-store.ts';
import { NamedCalls } from '../named-calls.ts';
import type { Tables } from '../tables.ts';
import { leave, type TransactionalQueue } from './outbox.ts';
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
  readonly #db: Kysely<Tables>;
  readonly #node: string;
  readonly #queue: TransactionalQueue;
  readonly #underWay = new Set<Promise<unknown>>();
  #closing: Promise<void> | null = null;

  /**
   * @param db with its tables as they are to be; closed with the store
   * @param node the name of this process among all that share the database
   * @param queue where work goes, in the transaction that brings it about
   */
  constructor(db: Kysely<Tables>, node: string, queue: TransactionalQueue) {
    super();
    this.#db = db;
    this.#node = node;
    this.#queue = queue;
  }

  override claimKey: JobStore['claimKey'] = (claim, at) =>
    this.call('claimKey', { claim, at, node: this.#node });
  override startRun: JobStore['startRun'] = (start) => this.call('startRun', { ...start, node: this.#node });

  /** When all calls are answered that came before. */
  close(): Promise<void> {
    this.#closing ??= Promise.allSettled(this.#underWay).then(() => this.#db.destroy());
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
      return await this.#db.connection().execute(async (db) => {
        if (kind === 'lookup') return ask(db, input);
        try {
          // In one message: each way there and back is felt.
          await run(db, turn ? `${BEGIN[kind]}; ${turn}` : BEGIN[kind]);
          const answer = await ask(db, input);
          const hasWork = kind === 'read' ? false : await leave(db, this.#queue, name, input, answer);
          if (hasWork === null) {
            await run(db, 'rollback');
            // As where the run is not the active one: nothing of it counts.
            return null as CallOutput<N>;
          }
          committing = true;
          await run(db, 'commit');
          if (hasWork) this.#queue.committed();
          return answer;
        } catch (error) {
          // Where the connection is broken the server rolls back by itself.
          if (!committing) await run(db, 'rollback').catch(() => {});
          throw error;
        }
      });
    } catch (error) {
      const code = sqlState(error) === FULL ? 'storage_full' : 'storage_unavailable';
      // Of a commit that nobody has answered it is not known whether it was one.
      const nothingKept = !committing || isAnswer(error);
      throw new StoreError(code, `${name}: ${String(error)}`, { cause: error, nothingKept });
    }
  }
}

const run = (db: Kysely<Tables>, statements: string) => sql.raw(statements).execute(db);
