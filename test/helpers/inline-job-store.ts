import { EventEmitter } from 'node:events';
import { CALLS } from '../../shared/jobs/calls.ts';
import type { JobStore } from '../../shared/jobs/job-store.ts';
import { commitGroup } from '../../shared/jobs/sqlite/commit-group.ts';
import { failureOf } from '../../shared/jobs/sqlite/failure.ts';
import type { Request, Response } from '../../shared/jobs/sqlite/messages.ts';
import type { OpenDatabase } from '../../shared/jobs/sqlite/open.ts';
import { SqliteJobStore } from '../../shared/jobs/sqlite/sqlite-job-store.ts';

/** In place of the database thread, which takes a fifth of a second to start: each call is a commit of its own. */
class InlineThread extends EventEmitter {
  readonly #database: OpenDatabase;
  #last: Promise<void> = Promise.resolve();

  constructor(database: OpenDatabase) {
    super();
    this.#database = database;
  }

  postMessage(request: Request): void {
    if ('name' in request) this.#last = this.#last.then(() => this.#commit(request));
  }

  #commit({ id, name, input }: Extract<Request, { id: number }>): Promise<void> {
    const { kind, query } = CALLS[name];
    const run = query as (db: OpenDatabase['db'], input: unknown) => Promise<unknown>;
    const answer = (response: Response) => this.emit('message', response);
    return commitGroup(this.#database, [
      {
        kind,
        run: ({ db }) => run(db, input),
        resolve: (value) => answer({ id, value }),
        reject: (error, nothingKept) => answer({ id, failure: failureOf(error, nothingKept) }),
      },
    ]);
  }
}

/** The SQLite store over a database that is open in this thread; who opened it closes it. */
export function inlineJobStore(database: OpenDatabase): JobStore {
  return Reflect.construct(SqliteJobStore, [new InlineThread(database), () => []]);
}
