import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { Report, Target } from '../../server/migration/sides.ts';
import type { Tables } from '../../shared/jobs/schema/tables.ts';
import { openDatabase } from '../../shared/jobs/sqlite/open.ts';
import { connect } from '../../shared/postgres/connect.ts';
import { Sessions } from '../../shared/postgres/sessions.ts';
import { DiskStorage } from '../../shared/storage/disk/disk-storage.ts';
import type { ImageStorage } from '../../shared/storage/image-storage.ts';
import type { OneMachine } from './one-machine.ts';
import { ownFolder } from './own-folder.ts';
import { copyOf } from './postgres-server.ts';
import { sharedServer } from './shared-servers.ts';

export const PHOTOS = 3;
export const UNHEARD: Report = () => {};

/** A store that does not answer is not waited for, as none of these comes back. */
export const NO_PATIENCE = 0;

/** The bucket is a folder: what it is to others the tests of storages say. */
export async function sides(machine: OneMachine) {
  const { db } = await openDatabase(join(machine.folder, 'darkroom.db'));
  onTestFinished(() => db.destroy());
  const stagingPath = join(machine.folder, 'spool', 'migration');
  await mkdir(stagingPath);
  const source = { db, storage: await DiskStorage.open(machine.folder), stagingPath };
  const url = await copyOf(await sharedServer('migrated'));
  const sessions = new Sessions<Tables>(connect(url, 2));
  onTestFinished(() => sessions.db.destroy());
  const storage = await DiskStorage.open(await ownFolder());
  return { source, target: { sessions, storage } };
}

/** @param bucket what it does in its own way */
export const withBucket = (target: Target, bucket: Partial<ImageStorage>): Target => {
  const own = Object.entries(bucket);
  const storage = new Proxy(target.storage, {
    get(real, name) {
      const [, given] = own.find(([key]) => key === name) ?? [];
      const value = given ?? Reflect.get(real, name);
      return typeof value === 'function' ? value.bind(real) : value;
    },
  });
  return { ...target, storage };
};
