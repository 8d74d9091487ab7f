import { copyFile, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Kysely } from 'kysely';
import type { ImageId, RunId } from '../../shared/domain/ids.ts';
import type { Tables } from '../../shared/jobs/schema/tables.ts';
import { syncFile, syncFolder } from '../../shared/storage/disk/durable-file.ts';
import type { ImageStorage } from '../../shared/storage/image-storage.ts';
import type { FileKind } from '../migration/moved.ts';
import type { LeftOut, Report } from '../migration/sides.ts';
import { BackupRefused, databaseIn, readBackedUp } from './backed-up.ts';
import { copyFiles } from './copy-files.ts';
import { sha256OfFile } from './snapshot.ts';

export interface RestoreSides {
  /** The backup. */
  folder: string;
  copies: ImageStorage;
  open(path: string): Kysely<Tables>;
  /** Where a service is to find it. */
  database: string;
  storage: ImageStorage;
  /** On the volume of the files. */
  stagingPath: string;
}

export interface Restored {
  begunAt: string;
  originals: number;
  sets: number;
  leftOut: LeftOut[];
}

/**
 * Brings all that a backup has to where a service is to work on it: the files first, each compared with the hash of its record, and
 * the database last. It may be ended at any time, and called again.
 * @throws {BackupRefused} where it is no whole backup
 * @throws {StoreError}
 */
export async function restore(sides: RestoreSides, tell: Report): Promise<Restored> {
  const { folder, copies, storage, database, stagingPath } = sides;
  const { begunAt, database: expected } = await readBackedUp(folder);
  const part = `${database}.part`;
  await copyFile(databaseIn(folder), part);
  if ((await sha256OfFile(part)) !== expected.sha256) {
    await rm(part);
    throw new BackupRefused(`${databaseIn(folder)} has other bytes than backup.json says: it is damaged`);
  }
  const db = sides.open(part);
  const source = { db, storage: copies, stagingPath };
  const target = {
    storage,
    remove: (kind: FileKind, id: string) =>
      kind === 'original' ? storage.removeOriginal(id as ImageId) : storage.removePublished(id as RunId),
  };
  try {
    const originals = await copyFiles('original', source, target, new Set(), tell);
    const sets = await copyFiles('set', source, target, new Set(), tell);
    await db.destroy();
    await syncFile(part);
    await rename(part, database);
    await syncFolder(dirname(database));
    const leftOut = [...originals.leftOut, ...sets.leftOut];
    return { begunAt, originals: originals.total, sets: sets.total, leftOut };
  } finally {
    await db.destroy();
  }
}
