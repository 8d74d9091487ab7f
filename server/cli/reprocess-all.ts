import { setTimeout as sleep } from 'node:timers/promises';
import type { Count, ReprocessClient } from './reprocess-client.ts';

/** The service queues them in some 20 ms, for which an upload may have to wait. */
const IMAGES_A_PAGE = 50;

/** The service holds what waits in memory: no more than this is ahead of it, and it never runs dry. */
const MOST_PENDING = 1_000;

const ASK_AGAIN_MS = 250;
/** To count takes the service's time: no more than a twentieth of it. */
const PAUSE_PER_COUNT = 20;

/**
 * Queues all images that are not current, page by page, and follows them to their end. What it has done is with the
 * service alone, so another one may go on at any time where this one has been ended.
 * @param report told of each count
 * @returns the last count: nothing is pending
 */
export async function reprocessAll(client: ReprocessClient, report: (count: Count) => void): Promise<Count> {
  const count = async (): Promise<Count> => {
    const { tookMs, ...found } = await client.count();
    report(found);
    if (found.pending > 0) await sleep(Math.max(ASK_AGAIN_MS, PAUSE_PER_COUNT * tookMs));
    return found;
  };

  while (true) {
    let pending = (await count()).pending;
    let queued = 0;
    for (let cursor: string | null | undefined; cursor !== null; ) {
      while (pending >= MOST_PENDING) pending = (await count()).pending;
      const page = await client.queue(cursor ?? null, IMAGES_A_PAGE);
      pending += page.queued;
      queued += page.queued;
      cursor = page.next;
    }
    let found = await count();
    while (found.pending > 0) found = await count();
    // Uploads that were on their way may have ended meanwhile with what they were accepted with.
    if (queued === 0 || found.current + found.failed + found.originalGone === found.total) return found;
  }
}
