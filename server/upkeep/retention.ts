import pLimit from 'p-limit';
import type { OriginalsKept } from '../../shared/domain/retention.ts';
import type { JobStore } from '../../shared/jobs/job-store.ts';
import type { ImageStorage } from '../../shared/storage/image-storage.ts';
import { type DeleteParts, deleteExpired } from '../operations/delete-image.ts';

/** To find and release them holds other calls of the store up for some milliseconds. */
const RELEASED_AT_ONCE = 100;
const REMOVED_AT_ONCE = 8;
/** Of the records of images whose end has come. */
const DELETED_AT_ONCE = 4;

/**
 * Removes the originals that KEEP_ORIGINALS lets go of. The row comes first: a file that a crash leaves behind is garbage, which the
 * next boot, or the sweep of a cluster, removes.
 * @param keptMs null: there are none
 * @returns how many
 */
export async function removeSpentOriginals(
  store: JobStore,
  storage: ImageStorage,
  keptMs: OriginalsKept,
  signal: AbortSignal,
): Promise<number> {
  if (keptMs === null) return 0;
  const inTurn = pLimit(REMOVED_AT_ONCE);
  for (let removed = 0; ; ) {
    if (signal.aborted) return removed;
    const at = Date.now();
    const images = await store.spentOriginals({ keptMs, at, limit: RELEASED_AT_ONCE });
    if (images.length === 0) return removed;
    const released = await store.releaseOriginals({ keptMs, at, images });
    await inTurn.map(released, (image) => storage.removeOriginal(image));
    removed += released.length;
    // All are needed since: whoever needs them lets go of them later.
    if (released.length === 0) return removed;
  }
}

/** Whether something may have had its time within so many milliseconds, so that it is of use to wait for its removal. */
export async function isAnySpentWithin(
  store: JobStore,
  keptMs: OriginalsKept,
  withinMs: number,
): Promise<boolean> {
  // That of each run that ends.
  if (keptMs === 0) return true;
  const at = Date.now() + withinMs;
  if ((await store.expiredImages(at, 1)).length > 0) return true;
  return keptMs !== null && (await store.spentOriginals({ keptMs, at, limit: 1 })).length > 0;
}

/** Deletes all images whose end has come, as `DELETE` does. @returns how many */
export async function deleteExpiredImages(parts: DeleteParts, signal: AbortSignal): Promise<number> {
  const inTurn = pLimit(DELETED_AT_ONCE);
  for (let deleted = 0; ; ) {
    if (signal.aborted) return deleted;
    const images = await parts.store.expiredImages(Date.now(), RELEASED_AT_ONCE);
    const done = await inTurn.map(images, (image) => deleteExpired(image, parts));
    const count = done.filter(Boolean).length;
    deleted += count;
    if (count === 0) return deleted;
  }
}
