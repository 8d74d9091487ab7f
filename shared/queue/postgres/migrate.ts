import type { Kysely } from 'kysely';
import { Migrator } from 'kysely/migration';
import { QUEUE_MIGRATIONS } from './migrations.ts';

/** Brings the tables of nodes up to date, after those of the records. Several nodes may do it at once: one does, the others wait. */
export async function migrateQueue<T>(db: Kysely<T>): Promise<void> {
  const migrator = new Migrator({
    db,
    provider: { getMigrations: async () => QUEUE_MIGRATIONS },
    migrationTableName: 'queue_migration',
    migrationLockTableName: 'queue_migration_lock',
  });
  const { error } = await migrator.migrateToLatest();
  if (error) throw error;
}
