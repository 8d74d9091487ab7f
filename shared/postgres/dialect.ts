import { createHash } from 'node:crypto';
import {
  CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type QueryResult,
} from 'kysely';
import type { Pool, PoolClient } from 'pg';

/** As many as a process has queries of its own; those that bind lists of many lengths are longer than this. */
const NAMED_UP_TO_CHARACTERS = 4_000;

/**
 * kysely's PostgreSQL dialect over a pool of node-postgres. In two things it does more than kysely's own driver:
 * a connection that has failed by anything but an answer of the server is thrown away, since nobody knows what it still does;
 * and statements are prepared once for each connection, as to plan most of ours takes longer than to run them.
 */
export function postgresDialect(pool: Pool): Dialect {
  return {
    createAdapter: () => new PostgresAdapter(),
    createDriver: () => new PoolDriver(pool),
    createIntrospector: (db) => new PostgresIntrospector(db),
    createQueryCompiler: () => new PostgresQueryCompiler(),
  };
}

class PoolDriver implements Driver {
  readonly #pool: Pool;
  readonly #names = new Map<string, string>();

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  async init(): Promise<void> {}

  async acquireConnection(): Promise<PooledConnection> {
    return new PooledConnection(await this.#pool.connect(), this.#names);
  }

  async releaseConnection(connection: PooledConnection): Promise<void> {
    connection.release();
  }

  async beginTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw('begin'));
  }

  async commitTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw('commit'));
  }

  async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw('rollback'));
  }

  async destroy(): Promise<void> {
    await this.#pool.end();
  }
}

class PooledConnection implements DatabaseConnection {
  readonly #client: PoolClient;
  readonly #names: Map<string, string>;
  #isBroken = false;

  constructor(client: PoolClient, names: Map<string, string>) {
    this.#client = client;
    this.#names = names;
  }

  async executeQuery<R>({ sql, parameters }: CompiledQuery): Promise<QueryResult<R>> {
    try {
      const name = parameters.length > 0 ? this.#nameOf(sql) : undefined;
      const { command, rowCount, rows } = await this.#client.query({
        name,
        text: sql,
        values: [...parameters],
      });
      const changes = command === 'INSERT' || command === 'UPDATE' || command === 'DELETE';
      return { rows: rows ?? [], ...(changes && { numAffectedRows: BigInt(rowCount ?? 0) }) };
    } catch (error) {
      if (!isAnswer(error) || isStalePlan(error)) this.#isBroken = true;
      throw error;
    }
  }

  // biome-ignore lint/correctness/useYield: nothing of ours streams, and the interface wants it
  async *streamQuery(): AsyncIterableIterator<never> {
    throw new Error('queries are not streamed');
  }

  release(): void {
    this.#client.release(this.#isBroken);
  }

  #nameOf(sql: string): string | undefined {
    if (sql.length > NAMED_UP_TO_CHARACTERS) return undefined;
    let name = this.#names.get(sql);
    if (name === undefined) {
      name = createHash('sha256').update(sql).digest('hex').slice(0, 32);
      this.#names.set(sql, name);
    }
    return name;
  }
}

/** Whether the server has answered so: then the connection is as good as before. */
export const isAnswer = (error: unknown): boolean => sqlState(error) !== undefined;

/** The five characters of the SQL standard that say what is wrong (PostgreSQL's appendix A). */
export function sqlState(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error) || !('severity' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

/** A migration has changed a table under a prepared statement: on another connection it is prepared anew. */
const isStalePlan = (error: unknown): boolean =>
  sqlState(error) === '0A000' && error instanceof Error && error.message.includes('cached plan');
