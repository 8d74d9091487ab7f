import type { Kysely } from 'kysely';
import type { Subscription } from '../../domain/webhook.ts';
import { StoreError } from '../../errors.ts';
import type { DatabaseClock } from '../../postgres/database-clock.ts';
import { sqlState } from '../../postgres/session.ts';
import type { Sessions } from '../../postgres/sessions.ts';
import { CALLS, type CallInput, type CallName, type CallOutput } from '../calls.ts';
import type { JobStore } from '../job-store.ts';
import { NamedCalls } from '../named-calls.ts';
import type { Tables } from '../schema/tables.ts';
import type { AnyCall } from './any-call.ts';
import { CallGroup, type PendingCall } from './call-group.ts';
import { atTimesOf } from './database-times.ts';
import { NoAnswer, transact } from './transact.ts';
import type { TransactionalQueue } from './transactional-queue.ts';

/** serialization_failure, deadlock_detected, and a prepared statement over a table that has changed: another try may do. */
const AGAIN = new Set(['40001', '40P01', '0A000']);

/** A {@link JobStore} in a PostgreSQL database, which several nodes may share. */
export class PostgresJobStore extends NamedCalls implements JobStore {
  readonly #sessions: Sessions<Tables>;
  readonly #node: string;
  readonly #queue: TransactionalQueue;
  readonly #clock: Pick<DatabaseClock, 'aheadMs'>;
  readonly #uploads = new CallGroup((calls) => this.#together(calls));
  readonly #runs = new CallGroup((calls) => this.#together(calls));
  readonly #underWay = new Set<Promise<unknown>>();
  #closing: Promise<void> | null = null;

  /**
   * @param sessions with its tables as they are to be; closed with the store
   * @param node the name of this process among all that share the database
   * @param queue where work goes, in the transaction that brings it about
   * @param clock by which the times of all records are
   * @param webhooks what endpoints are told of, as it is now
   */
  constructor(
    sessions: Sessions<Tables>,
    node: string,
    queue: TransactionalQueue,
    clock: Pick<DatabaseClock, 'aheadMs'> = { aheadMs: 0 },
    webhooks: () => readonly Subscription[] = () => [],
  ) {
    super(webhooks);
    this.#sessions = sessions;
    this.#node = node;
    this.#queue = queue;
    this.#clock = clock;
  }

  override claimKey: JobStore['claimKey'] = (claim, at) =>
    this.call('claimKey', { claim, at, node: this.#node });
  /** What is deleted there is in the pages of its tables until they are written over, and in its log and backups for as long as these are kept. */
  override scrub: JobStore['scrub'] = async () => 'freed';
  override startRun: JobStore['startRun'] = (start) => this.call('startRun', { ...start, node: this.#node });

  /** When all calls are answered that came before. */
  close(): Promise<void> {
    this.#closing ??= Promise.allSettled(this.#underWay).then(() => this.#sessions.db.destroy());
    return this.#closing;
  }

  protected call<N extends CallName>(name: N, input: CallInput<N>): Promise<CallOutput<N>> {
    if (this.#closing) return Promise.reject(new StoreError('storage_unavailable', 'the store is closed'));
    // A name is answered with the output of that name's query.
    const call = atTimesOf({ name, input } as AnyCall, this.#clock.aheadMs);
    const answer = this.#answer(call) as Promise<CallOutput<N>>;
    this.#underWay.add(answer);
    return answer.finally(() => this.#underWay.delete(answer));
  }

  #answer(call: AnyCall): Promise<unknown> {
    const group = this.#groupOf(call);
    if (group) return new Promise((resolve, reject) => group.add({ call, resolve, reject }));
    return CALLS[call.name].kind === 'lookup' ? this.#lookUp(call) : this.#alone(call);
  }

  /** An upload that comes may share the run that ends: they never stand in one transaction. */
  #groupOf({ name }: AnyCall): CallGroup | null {
    if (name === 'acceptUpload') return this.#uploads;
    return name === 'startRun' || name === 'finishRun' ? this.#runs : null;
  }

  async #lookUp({ name, input }: AnyCall): Promise<unknown> {
    const query = CALLS[name].query as (db: Kysely<Tables>, input: unknown) => Promise<unknown>;
    try {
      return await query(this.#sessions.db, input);
    } catch (error) {
      throw new StoreError('storage_unavailable', `${name}: ${String(error)}`, {
        cause: error,
        nothingKept: true,
      });
    }
  }

  async #alone(call: AnyCall): Promise<unknown> {
    try {
      return (await transact(this.#sessions, this.#queue, [call]))[0];
    } catch (error) {
      if (!(error instanceof StoreError) || !AGAIN.has(sqlState(error.cause) ?? '')) throw error;
      return (await transact(this.#sessions, this.#queue, [call]))[0];
    }
  }

  /** Where it cannot be done together, each is done alone: one that fails takes no other with it. */
  async #together(pending: PendingCall[]): Promise<void> {
    try {
      if (pending.length > 1) {
        const answers = await transact(
          this.#sessions,
          this.#queue,
          pending.map(({ call }) => call),
        );
        for (const [index, { resolve }] of pending.entries()) resolve(answers[index]);
        return;
      }
    } catch (error) {
      // Who has waited for a database that does not answer does not wait for it once more.
      if (error instanceof NoAnswer) {
        for (const { reject } of pending) reject(error);
        return;
      }
    }
    await Promise.all(pending.map(({ call, resolve, reject }) => this.#alone(call).then(resolve, reject)));
  }
}
