import { chmodSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { Kysely } from 'kysely';
import { Migrator } from 'kysely/migration';
import { MIGRATIONS } from '../migrations/migrations.ts';
import { refuseNewerSchema } from '../migrations/newer-schema.ts';
import type { Tables } from '../schema/tables.ts';
import { nodeSqliteDialect } from './dialect.ts';

/** As long as a client waits without a word. */
const BUSY_TIMEOUT_MS = 5_000;

/** Far more than what one fsync may leave undone. */
const GAP = 1_000;

export interface OpenDatabase {
  raw: DatabaseSync;
  db: Kysely<Tables>;
}

/**
 * Opens the database and brings its tables up to date.
 * @throws {NewerSchemaError} and leaves the file as it was
 */
export async function openDatabase(path: string): Promise<OpenDatabase> {
  const raw = new DatabaseSync(path);
  const applied = appliedMigrations(raw);
  try {
    refuseNewerSchema(applied);
  } catch (error) {
    raw.close();
    throw error;
  }
  // Before there are a log and its index, which take on the rights of the database.
  chmodSync(path, 0o600);
  // A backup, or somebody who looks, may hold it for a moment.
  raw.exec(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}`);
  // WAL: a commit is one write and one fsync, and readers never wait. FULL: the fsync comes before the answer.
  raw.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON');
  // What is deleted is overwritten with zeros: nobody reads it in the file.
  raw.exec('PRAGMA secure_delete = ON');
  const db = new Kysely<Tables>({ dialect: nodeSqliteDialect(raw) });
  // The migrator first looks at every table, which takes longer than all else here.
  if (applied.length < Object.keys(MIGRATIONS).length) {
    await migrate(db);
    // What it has written need not lie in the log as well, for as long as that is.
    raw.exec('PRAGMA wal_checkpoint(TRUNCATE)');
  }
  leaveGap(raw);
  return { raw, db };
}

/** Numbers of changes that a power cut has undone are not given to others: who was told of them would miss those. */
function leaveGap(raw: DatabaseSync): void {
  raw.exec(`UPDATE job_changes SET number = number + ${GAP}`);
}

async function migrate(db: Kysely<Tables>): Promise<void> {
  const migrator = new Migrator({ db, provider: { getMigrations: async () => MIGRATIONS } });
  const { error } = await migrator.migrateToLatest();
  if (error) throw error;
}

function appliedMigrations(raw: DatabaseSync): string[] {
  const table = raw.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'kysely_migration'").get();
  if (!table) return [];
  return raw
    .prepare('SELECT name FROM kysely_migration')
    .all()
    .map((row) => String(row.name));
}
