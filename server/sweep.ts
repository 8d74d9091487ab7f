import type { JobStore } from '../shared/jobs/job-store.ts';
import type { DirectAccess } from '../shared/storage/direct-access.ts';
import type { ImageStorage } from '../shared/storage/image-storage.ts';

/** Tickets for the bucket live an hour at the most: what was brought and not told of by then never will be. */
const UPLOADS_KEPT_MS = 24 * 3600 * 1000;

export interface Swept {
  originals: number;
  sets: number;
  /** Brought to the bucket, and never told of. */
  uploads: number;
}

/**
 * Removes files that no row names. What is younger may be on its way to a row: an original is stored before it is accepted,
 * and a set before its run has ended.
 * @param olderThanMs longer than anything can be on its way
 */
export async function sweep(
  store: JobStore,
  storage: ImageStorage & DirectAccess,
  olderThanMs: number,
  signal: AbortSignal,
): Promise<Swept> {
  const swept: Swept = { originals: 0, sets: 0, uploads: 0 };
  for await (const images of storage.originals(olderThanMs)) {
    if (signal.aborted) return swept;
    const existing = new Set(await store.existingAmong(images));
    for (const image of images.filter((it) => !existing.has(it))) {
      await storage.removeOriginal(image);
      swept.originals++;
    }
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
  return swept;
}
