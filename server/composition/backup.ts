import { existsSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Kysely } from 'kysely';
import type { Tables } from '../../shared/jobs/schema/tables.ts';
import { nodeSqliteDialect } from '../../shared/jobs/sqlite/dialect.ts';
import { DiskStorage } from '../../shared/storage/disk/disk-storage.ts';
import { lockFolder } from '../../shared/storage/disk/folder-lock.ts';
import type { BackupSides } from '../backup/back-up.ts';
import { BackupRefused } from '../backup/backed-up.ts';
import type { RestoreSides } from '../backup/restore.ts';
import { NAMING } from '../migration/named-files.ts';

/** Where one machine has its records and its files. */
export interface Places {
  database: string;
  storage: string;
}

/**
 * Opens a data folder that a service may be working on, and a folder for this process alone.
 * @throws {BackupRefused} where there is nothing to back up
 * @throws {FolderInUse}
 */
export async function openBackup(from: Places, folder: string): Promise<BackupSides & AsyncDisposable> {
  for (const path of [from.database, join(from.storage, 'originals')])
    if (!existsSync(path)) throw new BackupRefused(`there is no ${path}: BASE_PATH names no data folder`);
  if (folder === from.storage || folder === dirname(from.database))
    throw new BackupRefused('a backup is not made into the folder that it is of');
  await using opened = new AsyncDisposableStack();
  opened.defer(lockFolder(folder));
  const copies = await DiskStorage.open(folder);
  const stagingPath = await emptyFolder(join(copies.spoolPath, 'backup'));
  opened.defer(() => rm(stagingPath, { recursive: true, force: true }));
  const live = readOnly(from.database);
  opened.defer(() => live.destroy());
  const all = opened.move();
  return {
    database: from.database,
    storage: DiskStorage.at(from.storage),
    isNamed: async (kind, id) => {
      const { name, key, without } = NAMING[kind];
      const [column = ''] = key;
      const { table, ref } = live.dynamic;
      const found = await live
        .selectFrom(table(name).as('named'))
        .select(ref(column))
        .where(ref(column), '=', id)
        .$if(without !== undefined, (rows) => rows.where(ref(without ?? column), 'is', null))
        .executeTakeFirst();
      return found !== undefined;
    },
    folder,
    copies,
    stagingPath,
    open: readOnly,
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}

/**
 * Opens a backup to be read, and an empty data folder for this process alone.
 * @throws {BackupRefused} where there is a database already
 * @throws {FolderInUse}
 */
export async function openRestore(folder: string, to: Places): Promise<RestoreSides & AsyncDisposable> {
  if (existsSync(to.database))
    throw new BackupRefused(`there is ${to.database} already: restore into a folder that is empty or new`);
  await using opened = new AsyncDisposableStack();
  for (const path of new Set([dirname(to.database), to.storage])) opened.defer(lockFolder(path));
  const storage = await DiskStorage.open(to.storage);
  const stagingPath = await emptyFolder(join(storage.spoolPath, 'restore'));
  opened.defer(() => rm(stagingPath, { recursive: true, force: true }));
  const all = opened.move();
  return {
    folder,
    copies: DiskStorage.at(folder),
    open: readOnly,
    database: to.database,
    storage,
    stagingPath,
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}

const readOnly = (path: string): Kysely<Tables> =>
  new Kysely<Tables>({ dialect: nodeSqliteDialect(new DatabaseSync(path, { readOnly: true })) });

async function emptyFolder(path: string): Promise<string> {
  await rm(path, { recursive: true, force: true });
  await mkdir(path, { mode: 0o700 });
  return path;
}
