import type { JobStore } from '../../shared/jobs/job-store.ts';
import type { UploadParts } from '../../shared/storage/upload-parts.ts';

/**
 * Removes the parts of uploads that are not open: they were cut while they ended.
 * @param olderThanMs longer than anything can be on its way; 0: nothing is
 * @returns of how many uploads
 */
export async function removeUnnamedParts(
  store: JobStore,
  parts: UploadParts,
  olderThanMs: number,
  signal?: AbortSignal,
): Promise<number> {
  let removed = 0;
  for await (const uploads of parts.uploads(olderThanMs)) {
    const open = new Set(await store.openUploadsAmong(uploads));
    for (const upload of uploads.filter((it) => !open.has(it))) {
      if (signal?.aborted) return removed;
      await parts.removeAll(upload);
      removed++;
    }
  }
  return removed;
}
