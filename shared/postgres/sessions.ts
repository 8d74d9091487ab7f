import { Kysely } from 'kysely';
import type { Pool } from 'pg';
import { postgresDialect } from './dialect.ts';
import { Session } from './session.ts';

/** The connections of a process, with kysely over all of them, or over the one that somebody has. */
export class Sessions<T> {
  readonly pool: Pool;
  /** Each query on whatever connection is free. */
  readonly db: Kysely<T>;

  constructor(pool: Pool) {
    this.pool = pool;
    this.db = new Kysely<T>({
      dialect: postgresDialect({
        acquire: async () => new Session(await pool.connect()),
        release: (session) => session.release(),
        end: () => pool.end(),
      }),
    });
  }

  /** Has one connection to itself until it is done. */
  async within<R>(work: (session: Session, db: Kysely<T>) => Promise<R>): Promise<R> {
    const session = new Session(await this.pool.connect());
    const dialect = postgresDialect({
      acquire: async () => session,
      release: () => {},
      end: async () => {},
    });
    try {
      return await work(session, new Kysely<T>({ dialect }));
    } finally {
      session.release();
    }
  }

  /** One transaction: all of it or nothing. */
  transaction<R>(work: (session: Session, db: Kysely<T>) => Promise<R>): Promise<R> {
    return this.within(async (session, db) => {
      await session.send('begin');
      try {
        const result = await work(session, db);
        await session.send('commit');
        return result;
      } catch (error) {
        await session.send('rollback').catch(() => {});
        throw error;
      }
    });
  }
}
