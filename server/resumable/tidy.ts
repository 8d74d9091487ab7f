import { randomUUID } from 'node:crypto';
import type { JobStore } from '../../shared/jobs/job-store.ts';
import type { UploadParts } from '../../shared/storage/upload-parts.ts';
import type { Logger } from '../../shared/telemetry/logger.ts';
import type { Completion } from './completion.ts';
import { isForGood } from './refusals.ts';

/** Of each kind, in one go. */
const AT_ONCE = 100;

/**
 * Looks after uploads that nobody asks for any more: those that were whole when the service died are accepted, and of those whose
 * time is over nothing is left. Several nodes may do it at once.
 * @throws {StoreError} and what is left is for the next time
 */
export async function tidyUploads(
  { store, parts, completion }: { store: JobStore; parts: UploadParts; completion: Completion },
  signal: AbortSignal,
  log: Logger,
): Promise<void> {
  const { whole, over } = await store.uploadsToTidy(Date.now(), AT_ONCE);
  for (const upload of whole) {
    if (signal.aborted) return;
    const requestId = randomUUID();
    await completion.complete(upload, requestId, log.child({ requestId })).catch((error) => {
      // Refused: it is at an end, and nobody waits for an answer. Else it is whole as before.
      if (!isForGood(error)) log.info({ err: error, uploadId: upload.id }, 'whole upload not accepted yet');
    });
  }
  for (const id of over) {
    if (signal.aborted) return;
    await store.dropUpload(id);
    await parts.removeAll(id);
  }
  if (over.length > 0) log.info({ uploads: over.length }, 'uploads whose time is over are removed');
}
