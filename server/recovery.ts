import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { JobStore, Work } from '../shared/jobs/job-store.ts';
import type { ImageStorage } from '../shared/storage/image-storage.ts';
import type { Logger } from '../shared/telemetry/logger.ts';

/**
 * Takes up what an earlier process has left, before this one is ready: jobs that were running are queued again,
 * and files that no row names are removed. Exact, because this process is alone.
 * @returns the work that waits, the oldest first
 */
export async function recover(
  store: JobStore,
  storage: ImageStorage,
  spoolPath: string,
  log: Logger,
): Promise<Work[]> {
  const interrupted = await store.requeueRunning(Date.now());

  for (const name of await readdir(spoolPath)) await rm(join(spoolPath, name), { force: true });

  const published = await storage.listPublished();
  const named = new Set(await store.publishedAmong(published));
  const unnamed = published.filter((run) => !named.has(run));
  for (const run of unnamed) await storage.removePublished(run);

  const originals = await storage.listOriginals();
  const existing = new Set(await store.existingAmong(originals));
  const orphans = originals.filter((image) => !existing.has(image));
  for (const image of orphans) await storage.removeOriginal(image);

  const queued = await store.queuedWork();
  log.info(
    { interrupted, queued: queued.length, unnamedSets: unnamed.length, orphanOriginals: orphans.length },
    'recovered',
  );
  return queued;
}
