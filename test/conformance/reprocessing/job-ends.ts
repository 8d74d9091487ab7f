import { beforeAll, describe, expect, test } from 'vitest';
import { DEFAULT_TENANT } from '../../../shared/domain/ids.ts';
import type { JobStore } from '../../../shared/jobs/job-store.ts';
import { crashed, newStart, rejected, settledAlone } from '../../helpers/job-records.ts';
import type { Stores } from '../job-store/stores.ts';
import { imagesAnew, PIPELINE, presetOf } from './images-anew.ts';

/** What becomes in every {@link JobStore} of the jobs that make images anew. */
export function describeEndsOfNewJobs(name: string, { opened, shared }: Stores): void {
  describe(`${name}: making images anew`, () => {
    let store: JobStore;
    beforeAll(async () => {
      store = await shared();
    });
    const { count, imageOf, jobOf, presets, published, publishes, queue, run } = imagesAnew(() => store);

    test('an image that waits already, or runs, has no second job', async () => {
      const { before, now } = presets();
      const { upload } = await published(before);
      expect(await queue(now)).toMatchObject({ queued: 1 });
      expect(await queue(now)).toMatchObject({ queued: 0, skipped: 1 });
      await store.startRun(newStart(await jobOf(upload)));
      expect(await queue(presetOf(now.name, 300))).toMatchObject({ queued: 0, skipped: 1 });
      expect(await count(now)).toMatchObject({ total: 1, pending: 1 });
    });

    test('one that fails shows what it has, is counted with its job, and runs again only by hand', async () => {
      const { before, now } = presets();
      const { upload, runId: old } = await published(before);
      await queue(now);
      const job = await jobOf(upload);
      const { settled } = await run(job, rejected);
      expect(settled).toEqual(settledAlone(false));
      expect(await imageOf(upload)).toMatchObject({
        job: { id: job.id, state: 'failed' },
        set: { runId: old },
      });
      const failed = { total: 1, current: 0, pending: 0, failed: 1, failedJobs: [job.id], originalGone: 0 };
      expect(await count(now)).toEqual(failed);
      expect(await queue(now)).toMatchObject({ queued: 0, skipped: 1 });

      expect(await store.retryJob(job.id, 11_000, PIPELINE)).toMatchObject({
        toRun: { jobId: job.id, isBatch: true },
        retiredSets: [],
      });
      expect(await count(now)).toMatchObject({ pending: 1, failed: 0 });
      const again = await run(job, (start) => publishes(start, now));
      expect(again.settled?.retiredSets).toEqual([old]);
      expect(await count(now)).toMatchObject({ current: 1, failed: 0 });
    });

    test('one that failed is tried again with another recipe, or by another pipeline', async () => {
      const { before, now } = presets();
      const { upload } = await published(before);
      await queue(now);
      await run(await jobOf(upload), rejected);
      expect(await queue(now, { pipelineVersion: PIPELINE + 1 })).toMatchObject({ queued: 1 });
      await run(await jobOf(upload), rejected);
      expect(await queue(presetOf(now.name, 300))).toMatchObject({ queued: 1 });
    });

    test('one that is quarantined is not tried with any recipe', async () => {
      const { before, now } = presets();
      const { upload } = await published(before);
      await queue(now);
      await run(await jobOf(upload), (start) => ({ ...crashed(start), next: 'quarantined' }));
      const other = presetOf(now.name, 300);
      expect(await queue(other)).toMatchObject({ queued: 0, skipped: 1 });
      expect(await count(other)).toMatchObject({ total: 1, failed: 1 });
      expect(await count(before), 'it still has these').toMatchObject({ current: 1, failed: 0 });
    });

    test('an image that is deleted meanwhile takes its set with it, and its late run resurrects nothing', async () => {
      const { before, now } = presets();
      const { upload, runId: old } = await published(before);
      await queue(now);
      const job = await jobOf(upload);
      const start = newStart(job);
      await store.startRun(start);
      expect(await store.deleteImage(upload.image.id, DEFAULT_TENANT, 20_000)).toEqual({
        retiredSet: old,
        promoted: null,
      });
      expect(await store.finishRun(publishes(start, now))).toBeNull();
      expect((await store.findJob(job.id))?.job.state).toBe('cancelled');
      expect(await store.publishedAmong([old, start.runId])).toEqual([]);
    });

    test('an earlier job that failed is not retried: it would put what is older in the place of what is newer', async () => {
      const { before, now } = presets();
      const { upload } = await published(before);
      await queue(now);
      const failed = await jobOf(upload);
      await run(failed, rejected);
      expect(await queue(presetOf(now.name, 300))).toMatchObject({ queued: 1 });
      expect(await store.retryJob(failed.id, 20_000, PIPELINE)).toBe('superseded');
      expect(await store.retryJob(upload.job.id, 20_000, PIPELINE)).toBe('succeeded');
    });

    test('what waits is there after a restart, as what it is', async () => {
      const own = await opened();
      const common = store;
      store = own.store;
      try {
        const { before, now } = presets();
        const { upload } = await published(before);
        await queue(now);
        const job = await jobOf(upload);
        await store.startRun(newStart(job));
        store = await own.reopen();
        await store.requeueRunning(20_000);
        expect(await store.queuedWork()).toMatchObject([{ jobId: job.id, isBatch: true }]);
        expect(await count(now)).toMatchObject({ total: 1, pending: 1 });
      } finally {
        store = common;
      }
    });
  });
}
