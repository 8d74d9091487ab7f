import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import { type Dialect, SqliteAdapter, SqliteDialect } from 'kysely';

/** Far more than the job store has queries: only those that bind lists of many lengths are ever forgotten. */
const STATEMENTS_KEPT = 200;

interface Prepared {
  statement: StatementSync;
  reader: boolean;
}

/** SQLite's changes of tables are part of a transaction: a migration that was cut off has never been. */
class Adapter extends SqliteAdapter {
  override get supportsTransactionalDdl(): boolean {
    return true;
  }
}

class TransactionalDialect extends SqliteDialect {
  override createAdapter(): Adapter {
    return new Adapter();
  }
}

/** kysely's SQLite dialect over the runtime's own `node:sqlite`, which Node and Bun both have. */
export function nodeSqliteDialect(database: DatabaseSync): Dialect {
  const kept = new Map<string, Prepared>();

  /** To prepare a statement takes longer than to run it. */
  function prepared(sql: string): Prepared {
    const known = kept.get(sql);
    if (known) return known;
    const statement = database.prepare(sql);
    const fresh = { statement, reader: statement.columns().length > 0 };
    kept.set(sql, fresh);
    const [oldest] = kept.keys();
    if (kept.size > STATEMENTS_KEPT && oldest !== undefined) kept.delete(oldest);
    return fresh;
  }

  return new TransactionalDialect({
    database: {
      close: () => database.close(),
      prepare: (sql) => {
        const { statement, reader } = prepared(sql);
        return {
          reader,
          all: (values) => statement.all(...(values as SQLInputValue[])),
          run: (values) => statement.run(...(values as SQLInputValue[])),
          iterate: (values) => statement.iterate(...(values as SQLInputValue[])),
        };
      },
    },
  });
}
