import { rm, writeFile } from 'node:fs/promises';
import type { Kysely } from 'kysely';
import type { ImageId, RunId } from '../../shared/domain/ids.ts';
import { originalsKeptAmong, publishedAmong } from '../../shared/jobs/among.ts';
import type { Tables } from '../../shared/jobs/schema/tables.ts';
import { syncFile, syncFolder } from '../../shared/storage/disk/durable-file.ts';
import type { ImageStorage } from '../../shared/storage/image-storage.ts';
import type { FileKind } from '../migration/moved.ts';
import type { LeftOut, Report } from '../migration/sides.ts';
import { type BackedUp, databaseIn, reportIn } from './backed-up.ts';
import { type CopiedFiles, copyFiles } from './copy-files.ts';
import { sha256OfFile, takeSnapshot } from './snapshot.ts';

/**
 * Files may be removed between the moment that the records are of and that in which they are copied. Then the records are taken
 * again, and only what is new has to be copied: each time there is less of it.
 */
const MOST_SNAPSHOTS = 10;

export interface BackupSides {
  /** The database that a service may be writing to. */
  database: string;
  storage: ImageStorage;
  /** Whether that database names a file still. */
  isNamed(kind: FileKind, id: string): Promise<boolean>;
  /** The backup: a folder that nobody else works on. */
  folder: string;
  copies: ImageStorage;
  /** On the volume of the backup. */
  stagingPath: string;
  /** Opens a snapshot to be read. */
  open(path: string): Kysely<Tables>;
}

export interface Backup {
  report: BackedUp;
  copied: number;
  leftOut: LeftOut[];
}

/**
 * Brings a folder up to what the database names at one moment, which is after this was called. It may be ended at any time, and
 * called again on the same folder: what is there and whole stays, what is named no more goes.
 * @throws {StoreError}
 */
export async function backUp(sides: BackupSides, tell: Report): Promise<Backup> {
  const begunAt = new Date().toISOString();
  // From here on it is none, until it is whole again.
  await rm(reportIn(sides.folder), { force: true });
  await syncFolder(sides.folder);
  const known = { original: new Set<string>(), set: new Set<string>() };
  let copied = 0;
  for (let snapshot = 1; ; snapshot++) {
    const path = databaseIn(sides.folder);
    await takeSnapshot(sides.database, path);
    const db = sides.open(path);
    try {
      const [originals, sets] = await copyAll(sides, db, known, tell);
      copied += originals.copied + sets.copied;
      const missing = [...originals.leftOut, ...sets.leftOut];
      const leftOut = await whatIsNamed(missing, sides);
      if (leftOut.length < missing.length && snapshot < MOST_SNAPSHOTS) continue;
      await removeUnnamed(sides.copies, db);
      const report = { begunAt, sha256: await sha256OfFile(path), originals, sets };
      return { report: await conclude(sides.folder, report), copied, leftOut: missing };
    } finally {
      await db.destroy();
    }
  }
}

async function copyAll(
  { storage, copies, stagingPath }: BackupSides,
  db: Kysely<Tables>,
  known: Record<FileKind, Set<string>>,
  tell: Report,
): Promise<[CopiedFiles, CopiedFiles]> {
  const source = { db, storage, stagingPath };
  const target = {
    storage: copies,
    remove: (kind: FileKind, id: string) =>
      kind === 'original' ? copies.removeOriginal(id as ImageId) : copies.removePublished(id as RunId),
  };
  return [
    await copyFiles('original', source, target, known.original, tell),
    await copyFiles('set', source, target, known.set, tell),
  ];
}

/** Of what is missing, that for which a later snapshot is of no help. */
async function whatIsNamed(missing: readonly LeftOut[], { isNamed }: BackupSides): Promise<LeftOut[]> {
  const named: LeftOut[] = [];
  for (const file of missing) if (await isNamed(file.kind as FileKind, file.id)) named.push(file);
  return named;
}

/** What an earlier backup had, and has been deleted since, is in none any more. */
async function removeUnnamed(copies: ImageStorage, db: Kysely<Tables>): Promise<void> {
  for await (const images of copies.originals(0)) {
    const named = new Set(await originalsKeptAmong(db, images));
    for (const image of images.filter((it) => !named.has(it))) await copies.removeOriginal(image);
  }
  for await (const runs of copies.published(0)) {
    const named = new Set(await publishedAmong(db, runs));
    for (const run of runs.filter((it) => !named.has(it))) await copies.removePublished(run);
  }
}

async function conclude(
  folder: string,
  told: {
    begunAt: string;
    sha256: BackedUp['database']['sha256'];
    originals: CopiedFiles;
    sets: CopiedFiles;
  },
): Promise<BackedUp> {
  const { begunAt, sha256, originals, sets } = told;
  const report: BackedUp = {
    format: 1,
    begunAt,
    endedAt: new Date().toISOString(),
    database: { sha256 },
    originals: { total: originals.total - originals.leftOut.length, bytes: originals.bytes },
    sets: { total: sets.total - sets.leftOut.length, bytes: sets.bytes },
  };
  await writeFile(reportIn(folder), `${JSON.stringify(report, null, 2)}\n`, { mode: 0o600 });
  await syncFile(reportIn(folder));
  await syncFolder(folder);
  return report;
}
