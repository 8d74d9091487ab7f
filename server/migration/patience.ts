import { setTimeout as sleep } from 'node:timers/promises';
import { StoreError } from '../../shared/errors.ts';

/** A failover or a restart of a store takes less. */
export const PATIENCE_MS = 60_000;
const TRY_AGAIN_MS = 500;

/**
 * Does it again while a store is out of reach, and gives up after a time.
 * @param work may be done any number of times
 */
export async function patiently<T>(work: () => Promise<T>, patienceMs: number): Promise<T> {
  const last = performance.now() + patienceMs;
  while (true) {
    try {
      return await work();
    } catch (error) {
      const mayPass = error instanceof StoreError && error.code === 'storage_unavailable';
      if (!mayPass || performance.now() >= last) throw error;
    }
    await sleep(TRY_AGAIN_MS);
  }
}
