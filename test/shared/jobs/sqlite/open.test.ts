import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Kysely } from 'kysely';
import { Migrator } from 'kysely/migration';
import { expect, test } from 'vitest';
import { MIGRATIONS } from '../../../../shared/jobs/migrations/migrations.ts';
import { NewerSchemaError } from '../../../../shared/jobs/migrations/newer-schema.ts';
import type { Tables } from '../../../../shared/jobs/schema/tables.ts';
import { nodeSqliteDialect } from '../../../../shared/jobs/sqlite/dialect.ts';
import { openDatabase } from '../../../../shared/jobs/sqlite/open.ts';
import { SqliteJobStore } from '../../../../shared/jobs/sqlite/sqlite-job-store.ts';
import { ownFolder } from '../../../helpers/own-folder.ts';

/** A database that a Darkroom of the future has left. */
async function newerDatabase(folder: string): Promise<string> {
  const path = join(folder, 'jobs.db');
  const { raw } = await openDatabase(path);
  raw.exec("INSERT INTO kysely_migration (name, timestamp) VALUES ('9999-future', '2100-01-01')");
  raw.close();
  return path;
}

test('a database of a newer version is refused, and its file is left as it was', async () => {
  const folder = await ownFolder();
  const path = await newerDatabase(folder);
  const before = [await readdir(folder), await readFile(path)];
  await expect(openDatabase(path)).rejects.toThrow(NewerSchemaError);
  expect([await readdir(folder), await readFile(path)]).toEqual(before);
});

test('the store refuses it by the same name, from its thread', async () => {
  const path = await newerDatabase(await ownFolder());
  await expect(SqliteJobStore.open(path)).rejects.toMatchObject({
    name: 'NewerSchemaError',
    message: expect.stringContaining('9999-future'),
  });
});

test('a migration that breaks off has never been, and the next one is made', async () => {
  const path = join(await ownFolder(), 'jobs.db');
  const raw = new DatabaseSync(path);
  const db = new Kysely<Tables>({ dialect: nodeSqliteDialect(raw) });
  const half = {
    up: async (db: Kysely<Tables>) => {
      await db.schema.createTable('half').addColumn('id', 'text').execute();
      throw new Error('killed');
    },
  };
  const migrations = { '0001-first': MIGRATIONS['0001-first'] ?? half, '0002-half': half };
  const migrator = new Migrator({ db, provider: { getMigrations: async () => migrations } });
  expect(await migrator.migrateToLatest()).toMatchObject({ error: { message: 'killed' } });
  await db.destroy();

  const opened = await openDatabase(path);
  const tables = opened.raw.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").all();
  opened.raw.close();
  expect(tables.map(({ name }) => name)).toContain('webhook_messages');
  expect(tables.map(({ name }) => name)).not.toContain('half');
});

test('a file that is no database is refused and left as it was', async () => {
  const path = join(await ownFolder(), 'notes.txt');
  const text = 'Nothing that SQLite could read. '.repeat(200);
  await writeFile(path, text);
  await expect(openDatabase(path)).rejects.toThrow('not a database');
  expect(await readFile(path, 'utf8')).toBe(text);
});

test('a database is opened with a write-ahead log, full commits and foreign keys', async () => {
  const path = join(await ownFolder(), 'jobs.db');
  const { raw } = await openDatabase(path);
  const pragma = (name: string) => Object.values(raw.prepare(`PRAGMA ${name}`).get() ?? {})[0];
  expect([pragma('journal_mode'), pragma('synchronous'), pragma('foreign_keys')]).toEqual(['wal', 2, 1]);
  raw.close();
});

test('opening a second time changes no table', async () => {
  const path = join(await ownFolder(), 'jobs.db');
  const schemaOf = (raw: DatabaseSync) => raw.prepare('SELECT sql FROM sqlite_schema ORDER BY name').all();
  const first = await openDatabase(path);
  const before = schemaOf(first.raw);
  first.raw.close();
  const again = await openDatabase(path);
  expect(schemaOf(again.raw)).toEqual(before);
  again.raw.close();
});

test('a database of the first version is brought up to date, with its records', async () => {
  const path = join(await ownFolder(), 'jobs.db');
  const old = new DatabaseSync(path);
  const db = new Kysely<Tables>({ dialect: nodeSqliteDialect(old) });
  const first = Object.fromEntries(Object.entries(MIGRATIONS).slice(0, 1));
  await new Migrator({ db, provider: { getMigrations: async () => first } }).migrateToLatest();
  old.exec(`INSERT INTO jobs (id, image_id, preset, state, request_id, created_at, updated_at)
    VALUES ('11111111-1111-4111-8111-111111111111', '22222222-2222-4222-8222-222222222222', 'default', 'failed', 'r', 1, 2)`);
  old.close();

  const { raw } = await openDatabase(path);
  expect(raw.prepare('SELECT state, counted_from_run FROM jobs').all()).toEqual([
    { state: 'failed', counted_from_run: 1 },
  ]);
  expect(
    raw
      .prepare('SELECT name FROM kysely_migration ORDER BY name')
      .all()
      .map(({ name }) => name),
  ).toEqual(Object.keys(MIGRATIONS).sort());
  raw.close();
});

test('a folder that is not there is told as an error', async () => {
  await expect(SqliteJobStore.open(join(await ownFolder(), 'missing', 'jobs.db'))).rejects.toThrow(
    'unable to open',
  );
});
