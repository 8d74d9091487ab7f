import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { JobStore } from '../../shared/jobs/job-store.ts';
import type { Work } from '../../shared/jobs/records.ts';
import type { ImageStorage } from '../../shared/storage/image-storage.ts';
import type { Logger } from '../../shared/telemetry/logger.ts';
import { orphanOriginals } from './orphan-originals.ts';

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
  const orphans = await orphanOriginals(store, storage, 0, atOnce + ORPHANS_BEYOND_REASON);
  for (const image of orphans) await storage.removeOriginal(image);

  const interrupted = await store.requeueRunning(Date.now());
  await store.releaseAllClaims();

  for (const name of await readdir(spoolPath))
    await rm(join(spoolPath, name), { recursive: true, force: true });

  let unnamedSets = 0;
  for await (const published of storage.published(0)) {
    const named = new Set(await store.publishedAmong(published));
    const unnamed = published.filter((run) => !named.has(run));
    for (const run of unnamed) await storage.removePublished(run);
    unnamedSets += unnamed.length;
  }

  const queued = await store.queuedWork();
  log.info({ interrupted, queued: queued.length, unnamedSets, orphanOriginals: orphans.length }, 'recovered');
  return queued;
}
