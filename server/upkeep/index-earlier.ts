import { setTimeout as sleep } from 'node:timers/promises';
import type { JobStore } from '../../shared/jobs/job-store.ts';
import type { Logger } from '../../shared/telemetry/logger.ts';

/** Images in one transaction, which takes some 10 ms, and how long others have the database to themselves then. */
const INDEXED_AT_ONCE = 50;
const PAUSE_MS = 20;

/** Lets images be found by their metadata that an earlier version has accepted. Who is called again goes on. @throws {StoreError} */
export async function indexEarlier(store: JobStore, signal: AbortSignal, log: Logger): Promise<void> {
  let indexed = 0;
  while (!signal.aborted) {
    const images = await store.indexEarlierMetadata(INDEXED_AT_ONCE);
    indexed += images;
    if (images < INDEXED_AT_ONCE) break;
    await sleep(PAUSE_MS, undefined, { signal }).catch(() => {});
  }
  if (indexed > 0) log.info({ indexed }, 'images of an earlier version are found by their metadata');
}
