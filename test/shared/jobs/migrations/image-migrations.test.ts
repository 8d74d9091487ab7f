import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Kysely } from 'kysely';
import { Migrator } from 'kysely/migration';
import { expect, onTestFinished, test } from 'vitest';
import { DEFAULT_TENANT, newImageId, newJobId } from '../../../../shared/domain/ids.ts';
import { indexEarlierMetadata } from '../../../../shared/jobs/image-metadata.ts';
import { listImages } from '../../../../shared/jobs/list-images.ts';
import { MIGRATIONS } from '../../../../shared/jobs/migrations/migrations.ts';
import type { Tables } from '../../../../shared/jobs/schema/tables.ts';
import { nodeSqliteDialect } from '../../../../shared/jobs/sqlite/dialect.ts';
import { ownFolder } from '../../../helpers/own-folder.ts';

const BEFORE = Object.fromEntries(Object.entries(MIGRATIONS).filter(([name]) => name < '0012'));

async function database() {
  const raw = new DatabaseSync(join(await ownFolder(), 'jobs.db'));
  onTestFinished(() => raw.close());
  raw.exec('PRAGMA foreign_keys = ON');
  const db = new Kysely<Tables>({ dialect: nodeSqliteDialect(raw) });
  const migrate = async (migrations: typeof MIGRATIONS) => {
    const migrator = new Migrator({ db, provider: { getMigrations: async () => migrations } });
    const { error } = await migrator.migrateToLatest();
    if (error) throw error;
  };
  return { raw, db, migrate };
}

/** As a version before 0012 does it. */
function acceptAsBefore(raw: DatabaseSync, metadata: object | null, createdAt: number): string {
  const id = newImageId();
  raw
    .prepare(
      `insert into images (id, tenant, sha256, bytes, format, width, height, frames, preset, metadata, created_at)
       values (?, ?, ?, 1, 'jpeg', 1, 1, 1, 'default', ?, ?)`,
    )
    .run(id, DEFAULT_TENANT, 'a'.repeat(64), metadata && JSON.stringify(metadata), createdAt);
  raw
    .prepare(
      `insert into jobs (id, image_id, preset, state, request_id, created_at, updated_at) values (?, ?, 'default', 'queued', 'r', ?, ?)`,
    )
    .run(newJobId(), id, createdAt, createdAt);
  return id;
}

const found = async (db: Kysely<Tables>, value: string) =>
  (
    await listImages(db, { tenant: DEFAULT_TENANT, metadata: { field: 'order', value }, limit: 10 })
  ).images.map(({ image }) => image.id);

const isComplete = async (db: Kysely<Tables>) =>
  (await listImages(db, { tenant: DEFAULT_TENANT, metadata: { field: 'a', value: 'b' }, limit: 1 }))
    .isComplete;

test('what was accepted before is found by its metadata once it is indexed, and until then it is said that some is missing', async () => {
  const { raw, db, migrate } = await database();
  await migrate(BEFORE);
  const ids = [1, 2, 3].map((n) => acceptAsBefore(raw, { order: 'earlier', n }, n));
  acceptAsBefore(raw, null, 4);
  await migrate(MIGRATIONS);
  expect([await found(db, 'earlier'), await isComplete(db)]).toEqual([[], false]);
  expect(await indexEarlierMetadata(db, { limit: 2 })).toBe(2);
  expect(await isComplete(db)).toBe(false);
  expect(await indexEarlierMetadata(db, { limit: 2 })).toBe(1);
  expect([await found(db, 'earlier'), await isComplete(db)]).toEqual([ids.toReversed(), true]);
});

test('so is what a node of the version before accepts meanwhile, and once', async () => {
  const { raw, db, migrate } = await database();
  await migrate(MIGRATIONS);
  const id = acceptAsBefore(raw, { order: 'meanwhile' }, 1);
  expect(await indexEarlierMetadata(db, { limit: 10 })).toBe(1);
  expect(await indexEarlierMetadata(db, { limit: 10 })).toBe(0);
  expect(await found(db, 'meanwhile')).toEqual([id]);
});

test('a version that knows nothing of the index leaves nothing in it when it deletes an image', async () => {
  const { raw, db, migrate } = await database();
  await migrate(MIGRATIONS);
  const id = acceptAsBefore(raw, { order: 'gone' }, 1);
  await indexEarlierMetadata(db, { limit: 10 });
  raw.prepare('delete from images where id = ?').run(id);
  expect(raw.prepare('select count(*) as n from image_metadata').get()?.n).toBe(0);
});
