import { setImmediate as nextTurn } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import type { Kysely } from 'kysely';
import { CALLS } from '../calls.ts';
import type { Tables } from '../schema/tables.ts';
import { type Call, commitGroup } from './commit-group.ts';
import { failureOf } from './failure.ts';
import type { Request, Response } from './messages.ts';
import { type OpenDatabase, openDatabase } from './open.ts';

if (!parentPort) throw new Error('the database thread has no parent');
const port = parentPort;
const reply = (response: Response) => port.postMessage(response);

let waiting: Call[] = [];
let closing = false;
let working = false;

const database = await openDatabase(String(workerData)).catch((error: Error) => {
  reply({ openFailed: { name: error.name, message: error.message } });
  return null;
});
if (database) {
  port.on('message', (request: Request) => {
    if ('close' in request) closing = true;
    else waiting.push(toCall(request));
    if (!working) void work(database);
  });
  reply({ opened: true });
}

async function work(database: OpenDatabase): Promise<void> {
  working = true;
  while (waiting.length > 0) {
    // Lets every message that has arrived meanwhile join the group.
    await nextTurn();
    const group = waiting;
    waiting = [];
    await commitGroup(database, group);
  }
  working = false;
  if (!closing) return;
  database.raw.close();
  port.close();
}

function toCall({ id, name, input }: Exclude<Request, { close: true }>): Call {
  const { kind, query } = CALLS[name];
  // The proxy's types tie each name to its input; only their union is left here.
  const run = query as (db: Kysely<Tables>, input: unknown) => Promise<unknown>;
  return {
    kind,
    run: ({ db }) => run(db, input),
    resolve: (value) => reply({ id, value }),
    reject: (error, nothingKept) => reply({ id, failure: failureOf(error, nothingKept) }),
  };
}
