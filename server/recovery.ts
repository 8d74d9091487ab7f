import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { JobStore } from '../shared/jobs/job-store.ts';
import type { Work } from '../shared/jobs/records.ts';
import type { ImageStorage } from '../shared/storage/image-storage.ts';
import type { Logger } from '../shared/telemetry/logger.ts';

/** The database has not seen the originals that lie beside it: to sweep them would be to lose them. */
export class ForeignOriginals extends Error {
  constructor(unknown: number, known: number) {
    super(
      `the database knows ${known} of the originals and not the other ${unknown}: it is not the one of these files. ` +
        'Restore both from the same moment, or move the files away',
    );
    this.name = 'ForeignOriginals';
  }
}

/** Uploads that were cut leave a few originals without a row; never so many more than were accepted at once. */
const ORPHANS_BEYOND_REASON = 100;

/**
 * Takes up what an earlier process has left, before this one is ready: jobs that were running are queued again,
 * and files that no row names are removed. Exact, because this process is alone.
 * @param atOnce uploads that may be accepted at the same time
 * @returns the work that waits, the oldest first
 * @throws {ForeignOriginals} and has removed nothing
 */
export async function recover(
  store: JobStore,
  storage: ImageStorage,
  spoolPath: string,
  atOnce: number,
  log: Logger,
): Promise<Work[]> {
  const originals = await storage.listOriginals();
  const existing = new Set(await store.existingAmong(originals));
  const orphans = originals.filter((image) => !existing.has(image));
  const unknown = orphans.length - (await store.deletedAmong(orphans)).length;
  if (unknown > atOnce + ORPHANS_BEYOND_REASON) throw new ForeignOriginals(unknown, existing.size);
  for (const image of orphans) await storage.removeOriginal(image);

  const interrupted = await store.requeueRunning(Date.now());
  await store.releaseAllClaims();

  for (const name of await readdir(spoolPath))
    await rm(join(spoolPath, name), { recursive: true, force: true });

  const published = await storage.listPublished();
  const named = new Set(await store.publishedAmong(published));
  const unnamed = published.filter((run) => !named.has(run));
  for (const run of unnamed) await storage.removePublished(run);

  const queued = await store.queuedWork();
  log.info(
    { interrupted, queued: queued.length, unnamedSets: unnamed.length, orphanOriginals: orphans.length },
    'recovered',
  );
  return queued;
}
