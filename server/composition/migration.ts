import { existsSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { provideHome } from '../../shared/config.ts';
import { releaseAllClaims } from '../../shared/jobs/idempotency.ts';
import { requeueRunning } from '../../shared/jobs/runs.ts';
import type { Tables } from '../../shared/jobs/schema/tables.ts';
import { openDatabase } from '../../shared/jobs/sqlite/open.ts';
import { connectToMigrate } from '../../shared/postgres/connect.ts';
import { Sessions } from '../../shared/postgres/sessions.ts';
import { prepareDatabase } from '../../shared/queue/postgres/prepare-database.ts';
import { DiskStorage } from '../../shared/storage/disk/disk-storage.ts';
import { FolderInUse, lockFolder } from '../../shared/storage/disk/folder-lock.ts';
import { S3Storage } from '../../shared/storage/s3/s3-storage.ts';
import type { S3Settings } from '../../shared/storage/s3/s3-url.ts';
import type { Logger } from '../../shared/telemetry/logger.ts';
import { asked } from '../migration/asked.ts';
import { MigrationRefused } from '../migration/migration-refused.ts';
import type { Source, Target } from '../migration/sides.ts';

export interface MigrationPlaces {
  from: { database: string; storage: string };
  to: { database: string; storage: S3Settings };
}

export interface OpenMigration extends AsyncDisposable {
  source: Source;
  target: Target;
}

/**
 * Opens both sides for this process alone: the source as a start of its service does, with what was running queued again; the
 * target with its tables up to date.
 * @throws {MigrationRefused} when the source is not there, or a service works on it
 * @throws {NewerSchemaError}
 * @throws {StoreError} when the target is out of reach
 */
export async function openMigration({ from, to }: MigrationPlaces, log: Logger): Promise<OpenMigration> {
  for (const path of [from.database, join(from.storage, 'originals')])
    if (!existsSync(path)) throw new MigrationRefused(`there is no ${path}, which one machine would have`);
  await using opened = new AsyncDisposableStack();
  for (const folder of new Set([dirname(from.database), from.storage])) opened.defer(lock(folder));
  const { db } = await openDatabase(from.database);
  opened.defer(() => db.destroy());
  const storage = await DiskStorage.open(from.storage);
  const stagingPath = join(storage.spoolPath, 'migration');
  const removeStaged = () => rm(stagingPath, { recursive: true, force: true });
  await removeStaged();
  await mkdir(stagingPath, { mode: 0o700 });
  opened.defer(removeStaged);

  await asked('open the database', () => prepareDatabase(to.database));
  const sessions = new Sessions<Tables>(connectToMigrate(to.database));
  opened.defer(() => sessions.db.destroy());
  provideHome();
  const bucket = await S3Storage.open(to.storage, log);
  opened.defer(() => bucket.close());

  await db.transaction().execute(async (transaction) => {
    await requeueRunning(transaction, Date.now());
    await releaseAllClaims(transaction);
  });
  const all = opened.move();
  return {
    source: { db, storage, stagingPath },
    target: { sessions, storage: bucket },
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}

function lock(folder: string): () => void {
  try {
    return lockFolder(folder);
  } catch (error) {
    if (!(error instanceof FolderInUse)) throw error;
    throw new MigrationRefused(`another process works in ${folder}: stop the service first`);
  }
}
