import { migrate } from '../../jobs/postgres/migrate.ts';
import type { Tables } from '../../jobs/schema/tables.ts';
import { connectToMigrate } from '../../postgres/connect.ts';
import { Sessions } from '../../postgres/sessions.ts';
import { migrateQueue } from './migrate.ts';

/**
 * Brings all tables of nodes up to date, but those of pg-boss, which it sees to itself. What takes long may take long.
 * @throws {NewerSchemaError} and leaves the database as it was
 */
export async function prepareDatabase(url: string): Promise<void> {
  const { db } = new Sessions<Tables>(connectToMigrate(url));
  try {
    await migrate(db);
    await migrateQueue(db);
  } finally {
    await db.destroy();
  }
}
