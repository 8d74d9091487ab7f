import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { Subscription } from '../../domain/webhook.ts';
import { StoreError } from '../../errors.ts';
import type { CallInput, CallName, CallOutput } from '../calls.ts';
import type { JobStore } from '../job-store.ts';
import { NamedCalls } from '../named-calls.ts';
import type { Request, Response } from './messages.ts';

interface Waiting {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

/**
 * A {@link JobStore} in a SQLite file. SQLite works in a thread of its own, where a commit that waits for a
 * slow disk holds up nobody else, and where all calls that wait are committed together.
 */
export class SqliteJobStore extends NamedCalls implements JobStore {
  readonly #thread: Worker;
  readonly #waiting = new Map<number, Waiting>();
  #nextId = 1;
  #ended: Error | null = null;
  #closing: Promise<unknown> | null = null;

  private constructor(thread: Worker, webhooks: () => readonly Subscription[]) {
    super(webhooks);
    this.#thread = thread;
    thread.on('message', (response: Response) => this.#receive(response));
    thread.on('error', (error) => this.#end(error));
    thread.on('exit', () => this.#end(new Error('the database thread has ended')));
  }

  /**
   * Opens or creates the database and brings its tables up to date.
   * @param webhooks what endpoints are told of, as it is now
   * @throws {Error} named `NewerSchemaError` when a newer version has written it
   */
  static async open(
    path: string,
    webhooks: () => readonly Subscription[] = () => [],
  ): Promise<SqliteJobStore> {
    const thread = new Worker(new URL('./thread.ts', import.meta.url), { workerData: path });
    const [first] = (await once(thread, 'message')) as [Response];
    if ('openFailed' in first) {
      throw Object.assign(new Error(first.openFailed.message), { name: first.openFailed.name });
    }
    return new SqliteJobStore(thread, webhooks);
  }

  async close(): Promise<void> {
    if (this.#ended) return;
    if (!this.#closing) {
      this.#closing = once(this.#thread, 'exit');
      this.#send({ close: true });
    }
    await this.#closing;
  }

  protected call<N extends CallName>(name: N, input: CallInput<N>): Promise<CallOutput<N>> {
    if (this.#ended) return Promise.reject(new StoreError('storage_unavailable', this.#ended.message));
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      // The thread answers a name with the output of that name's query.
      this.#waiting.set(id, { resolve: resolve as (value: unknown) => void, reject });
      this.#send({ id, name, input });
    });
  }

  #send(request: Request): void {
    this.#thread.postMessage(request);
  }

  #receive(response: Response): void {
    if (!('id' in response)) return;
    const waiting = this.#waiting.get(response.id);
    this.#waiting.delete(response.id);
    if ('value' in response) waiting?.resolve(response.value);
    else {
      const { full, nothingKept, message } = response.failure;
      waiting?.reject(
        new StoreError(full ? 'storage_full' : 'storage_unavailable', message, { nothingKept }),
      );
    }
  }

  #end(error: Error): void {
    this.#ended ??= error;
    for (const waiting of this.#waiting.values()) {
      waiting.reject(new StoreError('storage_unavailable', this.#ended.message, { cause: error }));
    }
    this.#waiting.clear();
  }
}
