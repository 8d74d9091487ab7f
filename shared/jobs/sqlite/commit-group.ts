import type { CallKind } from '../calls.ts';
import type { OpenDatabase } from './open.ts';

/** One call of the job store on its way through the database thread. */
export interface Call {
  kind: CallKind;
  run(database: OpenDatabase): Promise<unknown>;
  resolve(value: unknown): void;
  /** @param nothingKept false when the commit itself has failed: some of it may be on the disk */
  reject(error: unknown, nothingKept: boolean): void;
}

/**
 * Runs all calls that wait as one transaction, so that the disk is asked once for many: reads first and outside,
 * then each write in a savepoint of its own, so that one that fails takes no other with it. Nobody is answered
 * before the commit; when the commit fails, every write of the group has failed.
 */
export async function commitGroup(database: OpenDatabase, calls: readonly Call[]): Promise<void> {
  for (const call of calls.filter(changesNothing)) {
    await call.run(database).then(call.resolve, (error) => call.reject(error, true));
  }
  const writes = calls.filter((call) => !changesNothing(call));
  if (writes.length === 0) return;

  const { raw } = database;
  const answers: (() => void)[] = [];
  let committing = false;
  try {
    // In WAL mode NORMAL leaves out the fsync of a commit, and the next FULL one covers it.
    const durable = writes.some((call) => call.kind === 'durable');
    raw.exec(`PRAGMA synchronous = ${durable ? 'FULL' : 'NORMAL'}`);
    raw.exec('BEGIN IMMEDIATE');
    for (const call of writes) {
      raw.exec('SAVEPOINT call');
      try {
        const value = await call.run(database);
        answers.push(() => call.resolve(value));
      } catch (error) {
        // On a full disk SQLite may roll back all of the transaction by itself: then nobody's write is kept.
        if (!raw.isTransaction) throw error;
        raw.exec('ROLLBACK TO call');
        answers.push(() => call.reject(error, true));
      }
      raw.exec('RELEASE call');
    }
    committing = true;
    raw.exec('COMMIT');
  } catch (error) {
    if (raw.isTransaction) raw.exec('ROLLBACK');
    for (const call of writes) call.reject(error, !committing);
    return;
  }
  for (const answer of answers) answer();
}

const changesNothing = ({ kind }: Call): boolean => kind === 'lookup' || kind === 'read';
