import type { Writable } from 'node:stream';
import type { PoolClient, QueryResult } from 'pg';
import { statementName } from './statement-names.ts';

/** An earlier statement of the transaction had failed, and so it was rolled back. */
export class NotCommitted extends Error {
  override readonly name = 'NotCommitted';

  constructor() {
    super('the transaction was rolled back in place of its commit');
  }
}

/**
 * One connection, for as long as somebody has it. What is sent before the answer to what was sent before is on its way together
 * with that (libpq's pipeline mode), and is done in the same order; after one that fails in a transaction all others do, the
 * commit among them. One that has failed by anything but an answer of the server is thrown away in the end, since nobody knows
 * what it still does.
 */
export class Session {
  readonly #client: PoolClient;
  #isSilent = false;
  #isStale = false;

  constructor(client: PoolClient) {
    this.#client = client;
  }

  /** The server has not answered something that was sent. */
  get isSilent(): boolean {
    return this.#isSilent;
  }

  /** Sends a statement, or several without values, at once. */
  async send(text: string, values: readonly unknown[] = []): Promise<QueryResult<unknown[]>> {
    const name = statementName(text, values);
    gather(this.#client);
    try {
      const asked = this.#client.query({ text, values: [...values], ...(name !== undefined && { name }) });
      const result = await asked;
      if (text === 'commit' && result.command === 'ROLLBACK') throw new NotCommitted();
      return result;
    } catch (error) {
      this.#isSilent ||= !isKnown(error);
      this.#isStale ||= isStalePlan(error);
      throw error;
    }
  }

  release(): void {
    this.#client.release(this.#isSilent || this.#isStale);
  }
}

/** Those whose messages are gathered, until this turn of the event loop is over. */
const gathering = new Set<PoolClient>();

/** What is sent in one turn of the event loop goes out in one write: to write takes longer than most that is written. */
function gather(client: PoolClient): void {
  const { stream } = (client as unknown as { connection?: { stream?: Writable } }).connection ?? {};
  if (!stream || gathering.has(client)) return;
  gathering.add(client);
  stream.cork();
  setImmediate(() => {
    gathering.delete(client);
    stream.uncork();
  });
}

/** Whether the server has answered so: then the connection is as good as before, and it is known what was kept. */
export const isKnown = (error: unknown): boolean =>
  sqlState(error) !== undefined || error instanceof NotCommitted;

/** The five characters of the SQL standard that say what is wrong (PostgreSQL's appendix A). */
export function sqlState(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error) || !('severity' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

/** A migration has changed a table under a prepared statement: on another connection it is prepared anew. */
const isStalePlan = (error: unknown): boolean =>
  sqlState(error) === '0A000' && error instanceof Error && error.message.includes('cached plan');
