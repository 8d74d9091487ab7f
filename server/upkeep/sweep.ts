import type { JobStore } from '../../shared/jobs/job-store.ts';
import type { DirectAccess } from '../../shared/storage/direct-access.ts';
import type { ImageStorage } from '../../shared/storage/image-storage.ts';
import type { UploadParts } from '../../shared/storage/upload-parts.ts';
import { orphanOriginals } from './orphan-originals.ts';
import { removeUnnamedParts } from './unnamed-parts.ts';

/** Nodes that were killed leave a few originals without a row; so many are those of a database that is not this one. */
const ORPHANS_BEYOND_REASON = 1_000;

/** Tickets for the bucket live an hour at the most: what was brought and not told of by then never will be. */
const UPLOADS_KEPT_MS = 24 * 3600 * 1000;

export interface Swept {
  originals: number;
  sets: number;
  /** Brought to the bucket, and never told of. */
  uploads: number;
  /** That came in several requests, and have parts although they are at an end. */
  resumable: number;
  /** Begun to be kept, and given up by nobody, as their process has died. */
  parts: number;
}

/**
 * Removes files that no row names. What is younger may be on its way to a row: an original is stored before it is accepted,
 * and a set before its run has ended.
 * @param olderThanMs longer than anything can be on its way
 * @throws {ForeignOriginals} and has removed nothing: the database was restored, or is another one
 */
export async function sweep(
  store: JobStore,
  storage: ImageStorage & DirectAccess & { parts: UploadParts },
  olderThanMs: number,
  signal: AbortSignal,
): Promise<Swept> {
  const swept: Swept = { originals: 0, sets: 0, uploads: 0, resumable: 0, parts: 0 };
  for (const image of await orphanOriginals(store, storage, olderThanMs, ORPHANS_BEYOND_REASON)) {
    if (signal.aborted) return swept;
    await storage.removeOriginal(image);
    swept.originals++;
  }
  for await (const runs of storage.published(olderThanMs)) {
    if (signal.aborted) return swept;
    const named = new Set(await store.publishedAmong(runs));
    for (const run of runs.filter((it) => !named.has(it))) {
      await storage.removePublished(run);
      swept.sets++;
    }
  }
  for await (const uploads of storage.uploads(UPLOADS_KEPT_MS)) {
    if (signal.aborted) return swept;
    for (const upload of uploads) {
      await storage.removeUpload(upload);
      swept.uploads++;
    }
  }
  swept.resumable = await removeUnnamedParts(store, storage.parts, olderThanMs, signal);
  if (signal.aborted) return swept;
  swept.parts = await storage.abortAbandoned(olderThanMs);
  return swept;
}
