import { type Kysely, sql } from 'kysely';
import { Migrator } from 'kysely/migration';
import { MIGRATIONS } from '../migrations/migrations.ts';
import { refuseNewerSchema } from '../migrations/newer-schema.ts';
import type { Tables } from '../schema/tables.ts';

/**
 * Brings the tables up to date, which several nodes may do at once: one does it, and the others wait.
 * @throws {NewerSchemaError} and leaves the database as it was
 */
export async function migrate(db: Kysely<Tables>): Promise<void> {
  const applied = await appliedMigrations(db);
  refuseNewerSchema(applied);
  // The migrator first looks at every table, which takes longer than all else here.
  if (applied.length === Object.keys(MIGRATIONS).length) return;
  const migrator = new Migrator({ db, provider: { getMigrations: async () => MIGRATIONS } });
  const { error } = await migrator.migrateToLatest();
  if (error) throw error;
}

async function appliedMigrations(db: Kysely<Tables>): Promise<string[]> {
  const found = await sql<{
    name: string | null;
  }>`select to_regclass('kysely_migration')::text as name`.execute(db);
  if (!found.rows[0]?.name) return [];
  const applied = await sql<{ name: string }>`select name from kysely_migration`.execute(db);
  return applied.rows.map(({ name }) => name);
}
