import {
  type CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type QueryResult,
} from 'kysely';
import type { Session } from './session.ts';

/** Where the queries of a kysely go. */
interface Sessions {
  acquire(): Promise<Session>;
  release(session: Session): void;
  end(): Promise<void>;
}

/** kysely's PostgreSQL dialect over sessions of ours. */
export function postgresDialect(sessions: Sessions): Dialect {
  return {
    createAdapter: () => new PostgresAdapter(),
    createDriver: () => new SessionDriver(sessions),
    createIntrospector: (db) => new PostgresIntrospector(db),
    createQueryCompiler: () => new PostgresQueryCompiler(),
  };
}

class SessionDriver implements Driver {
  readonly #sessions: Sessions;

  constructor(sessions: Sessions) {
    this.#sessions = sessions;
  }

  async init(): Promise<void> {}

  async acquireConnection(): Promise<SessionConnection> {
    return new SessionConnection(await this.#sessions.acquire());
  }

  async releaseConnection({ session }: SessionConnection): Promise<void> {
    this.#sessions.release(session);
  }

  async beginTransaction({ session }: SessionConnection): Promise<void> {
    await session.send('begin');
  }

  async commitTransaction({ session }: SessionConnection): Promise<void> {
    await session.send('commit');
  }

  async rollbackTransaction({ session }: SessionConnection): Promise<void> {
    await session.send('rollback');
  }

  async destroy(): Promise<void> {
    await this.#sessions.end();
  }
}

class SessionConnection implements DatabaseConnection {
  readonly session: Session;

  constructor(session: Session) {
    this.session = session;
  }

  async executeQuery<R>({ sql, parameters }: CompiledQuery): Promise<QueryResult<R>> {
    const { command, rowCount, rows } = await this.session.send(sql, parameters);
    const changes = command === 'INSERT' || command === 'UPDATE' || command === 'DELETE';
    // What comes back is checked where it is read.
    return { rows: rows as R[], ...(changes && { numAffectedRows: BigInt(rowCount ?? 0) }) };
  }

  // biome-ignore lint/correctness/useYield: nothing of ours streams, and the interface wants it
  async *streamQuery(): AsyncIterableIterator<never> {
    throw new Error('queries are not streamed');
  }
}
