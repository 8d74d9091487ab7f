import { describe, expect, test } from 'vitest';
import { DEFAULT_TENANT, TraceParent } from '../../../shared/domain/ids.ts';
import type { JobStore } from '../../../shared/jobs/job-store.ts';
import { crashed, needOf, newStart, PRESET_DIGEST, succeeded } from '../../helpers/job-records.ts';
import { accept, acceptAndStart, type Stores } from './stores.ts';

/** What every {@link JobStore} has for the next process. */
export function describeRecovery(name: string, { opened }: Stores): void {
  describe(`${name}: recovery`, () => {
    test('queues what was running, its run interrupted, and fences that run off', async () => {
      const { store, reopen } = await opened();
      const { upload, start } = await acceptAndStart(store);
      const next = await reopen();
      expect(await next.requeueRunning(7_000)).toBe(1);
      expect(await next.findJob(upload.job.id)).toMatchObject({
        job: { state: 'queued', updatedAt: 7_000 },
        runs: [{ outcome: 'interrupted', failure: 'worker_lost', endedAt: 7_000 }],
      });
      expect(await next.finishRun(succeeded(start))).toBeNull();
      expect(await next.startRun(newStart(upload.job))).toEqual({
        outcomes: { interrupted: 1 },
        decoderDeaths: 0,
      });
    });

    test('gives the work of all queued jobs, the oldest first, as a worker needs it', async () => {
      const { store } = await opened();
      const trace = TraceParent.parse(`00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`);
      const younger = await accept(store, {
        image: { createdAt: 2_000 },
        job: { requestId: 'younger', trace },
      });
      const older = await accept(store, {
        image: { createdAt: 1_000, header: { format: 'webp', width: 1, height: 1, frames: 1 } },
      });
      await acceptAndStart(store);
      expect(await store.queuedWork()).toEqual([
        {
          jobId: older.job.id,
          imageId: older.image.id,
          ...needOf(older.image),
          preset: 'default',
          requestId: 'request-1',
          format: 'webp',
          recipeDigest: PRESET_DIGEST,
          isSuspect: false,
          isBatch: false,
        },
        {
          jobId: younger.job.id,
          imageId: younger.image.id,
          ...needOf(younger.image),
          preset: 'default',
          requestId: 'younger',
          trace,
          format: 'png',
          recipeDigest: PRESET_DIGEST,
          isSuspect: false,
          isBatch: false,
        },
      ]);
    });

    test('tells how many jobs wait and for how long, those of the batch lane apart, and how much is refused', async () => {
      const { store } = await opened();
      const nothing = { jobs: 0, oldestAt: null };
      const kept = { images: 0, originalBytes: 0, variantBytes: 0 };
      expect(await store.figures()).toMatchObject({
        waiting: { upload: nothing, batch: nothing },
        quarantined: 0,
        kept,
      });
      await accept(store, { image: { createdAt: 2_000 } });
      await accept(store, { image: { createdAt: 1_000 } });
      await accept(store, { image: { createdAt: 500 }, job: { isBatch: true } });
      const { start } = await acceptAndStart(store);
      await store.finishRun({ ...crashed(start), next: 'quarantined' });
      await acceptAndStart(store);
      expect(await store.figures()).toMatchObject({
        waiting: { upload: { jobs: 2, oldestAt: 1_000 }, batch: { jobs: 1, oldestAt: 500 } },
        quarantined: 1,
        kept: { ...kept, images: 5, originalBytes: 35 },
      });
    });

    test('everything is there again after a restart', async () => {
      const { store, reopen } = await opened();
      const { upload, start } = await acceptAndStart(store);
      await store.finishRun(succeeded(start));
      const deleted = await accept(store);
      await store.deleteImage(deleted.image.id, DEFAULT_TENANT, 5_000);
      const before = [await store.findImage(upload.image.id, null), await store.findJob(upload.job.id)];
      const next = await reopen();
      expect([await next.findImage(upload.image.id, null), await next.findJob(upload.job.id)]).toEqual(
        before,
      );
      expect(await next.findImage(deleted.image.id, null)).toBe('deleted');
    });
  });
}
