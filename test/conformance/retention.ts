import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { DEFAULT_TENANT, type ImageId } from '../../shared/domain/ids.ts';
import { DEFAULT_PRESET } from '../../shared/domain/preset.ts';
import { DAY_MS, FAILED_KEPT_MS } from '../../shared/domain/retention.ts';
import type { JobStore } from '../../shared/jobs/job-store.ts';
import {
  crashed,
  MANIFEST,
  type NewUpload,
  newStart,
  newUpload,
  rejected,
  sha256Of,
  succeeded,
} from '../helpers/job-records.ts';
import { imageOf } from './image-of.ts';
import type { OpenedJobStore } from './opened-job-store.ts';

/** Long after all that happens in these tests. */
const LATER = 40 * DAY_MS;

/** What every {@link JobStore} says of originals that have had their time. */
export function describeRetention(name: string, open: () => Promise<OpenedJobStore>): void {
  describe(`${name}: originals that have had their time`, () => {
    let opened: OpenedJobStore;
    let store: JobStore;
    beforeAll(async () => {
      opened = await open();
      store = opened.store;
    });
    afterAll(() => opened.dispose());
    // What earlier tests have left would be among what is found.
    beforeEach(async () => {
      await release(await spent(0, LATER), 0, LATER);
      expect(await spent(0, LATER)).toEqual([]);
    });

    const spent = (keptMs: number, at: number, limit = 100) => store.spentOriginals({ keptMs, at, limit });
    const release = (images: readonly ImageId[], keptMs: number, at: number) =>
      store.releaseOriginals({ images, keptMs, at });

    async function accept(given: Parameters<typeof newUpload>[0] = {}): Promise<NewUpload> {
      const upload = newUpload(given);
      await store.acceptUpload(upload);
      return upload;
    }

    async function ended(end = succeeded, given: Parameters<typeof newUpload>[0] = {}): Promise<NewUpload> {
      const upload = await accept(given);
      await store.startRun(newStart(upload.job));
      const { job } = upload;
      const [run] = (await store.findJob(job.id))?.runs ?? [];
      if (!run) throw new Error('there is no run');
      await store.finishRun(end({ runId: run.id, jobId: job.id, workerPid: 42, at: 2_000 }));
      return upload;
    }

    test('kept until there are variants, they go with the end of the run; the image stays as it is', async () => {
      const waiting = await accept();
      const running = await accept();
      await store.startRun(newStart(running.job));
      const { image, job } = await ended();
      expect(await spent(0, 4_000)).toEqual([image.id]);
      const before = await imageOf(store, { image, job } as NewUpload);
      expect(await release([image.id], 0, 4_000)).toEqual([image.id]);
      expect(await imageOf(store, { image, job } as NewUpload)).toEqual({
        ...before,
        image: { ...image, originalRemovedAt: 4_000 },
      });
      expect(await spent(0, 4_000)).toEqual([]);
      expect(await store.originalsKeptAmong([image.id, waiting.image.id])).toEqual([waiting.image.id]);
      expect(await store.originalsGoneAmong([image.id, waiting.image.id])).toEqual([image.id]);
      for (const { image } of [waiting, running]) await store.deleteImage(image.id, DEFAULT_TENANT, 1);
    });

    test('kept for days, they go so many days after they were accepted, the eldest first', async () => {
      const younger = await ended(succeeded, { image: { createdAt: 2_000 } });
      const elder = await ended(succeeded, { image: { createdAt: 1_000 } });
      const both = [elder.image.id, younger.image.id];
      expect(await spent(30 * DAY_MS, 30 * DAY_MS + 999)).toEqual([]);
      expect(await spent(30 * DAY_MS, 30 * DAY_MS + 1_000)).toEqual([elder.image.id]);
      expect(await spent(30 * DAY_MS, 30 * DAY_MS + 2_000)).toEqual(both);
      expect(await spent(30 * DAY_MS, 30 * DAY_MS + 2_000, 1)).toEqual([elder.image.id]);
      expect(await release(both, 30 * DAY_MS, 30 * DAY_MS + 1_999), 'the rule counts').toEqual([
        elder.image.id,
      ]);
    });

    test.each([
      ['rejected', rejected],
      [
        'quarantined',
        (start: Parameters<typeof crashed>[0]) => ({ ...crashed(start), next: 'quarantined' as const }),
      ],
    ])('one that was %s keeps its own for a day after that, whatever the rule', async (_, end) => {
      const { image } = await ended(end);
      expect(await spent(0, 3_000 + FAILED_KEPT_MS - 1)).toEqual([]);
      expect(await spent(30 * DAY_MS, 3_000 + FAILED_KEPT_MS)).toEqual([]);
      expect(await spent(0, 3_000 + FAILED_KEPT_MS)).toEqual([image.id]);
    });

    test('one that shares a run keeps its own until that has ended, as it may have to run itself', async () => {
      const sha256 = sha256Of(crypto.randomUUID());
      const leader = await accept({ image: { sha256 } });
      const follower = await accept({ image: { sha256, createdAt: 1_500 } });
      const start = newStart(leader.job);
      await store.startRun(start);
      expect(await spent(0, 4_000)).toEqual([]);
      await store.finishRun(succeeded(start));
      expect(await spent(0, 4_000)).toEqual([leader.image.id, follower.image.id]);
      const later = await accept({ image: { sha256, createdAt: 2_000 } });
      expect(await spent(0, 4_000), 'what shares a set needs none').toContain(later.image.id);
      await release([leader.image.id], 0, 4_000);
      expect((await imageOf(store, follower)).image.originalRemovedAt, 'each has its own').toBeNull();
      const shared = await accept({ image: { sha256, createdAt: 2_500 } });
      expect((await imageOf(store, shared)).job, 'and a set without originals is shared').toMatchObject({
        state: 'succeeded',
      });
    });

    test('nothing is let go of that is needed since, or was let go of before', async () => {
      const failed = await ended(rejected);
      const at = 3_000 + FAILED_KEPT_MS;
      expect(await spent(0, at)).toEqual([failed.image.id]);
      await store.retryJob(failed.job.id, at, MANIFEST.pipelineVersion);
      expect(await release([failed.image.id], 0, at)).toEqual([]);
      const done = await ended();
      expect(await release([done.image.id], 0, 4_000)).toEqual([done.image.id]);
      expect(await release([done.image.id], 0, 5_000)).toEqual([]);
      expect(await release([], 0, 5_000)).toEqual([]);
      await store.deleteImage(failed.image.id, DEFAULT_TENANT, 1);
    });

    test('a failed job is not retried without its original, unless its variants are there', async () => {
      const sha256 = sha256Of(crypto.randomUUID());
      const failed = await ended(rejected, { image: { sha256 } });
      const at = 3_000 + FAILED_KEPT_MS;
      await release([failed.image.id], 0, at);
      const { pipelineVersion } = MANIFEST;
      expect(await store.retryJob(failed.job.id, at, pipelineVersion)).toBe('original_gone');
      expect((await imageOf(store, failed)).job.state).toBe('failed');
      const twin = await accept({ image: { sha256 } });
      expect(await store.retryJob(failed.job.id, at, pipelineVersion), 'its run may fail').toBe(
        'original_gone',
      );
      const start = newStart(twin.job);
      await store.startRun(start);
      await store.finishRun(succeeded(start));
      expect(await store.retryJob(failed.job.id, at, pipelineVersion)).toMatchObject({ toRun: null });
      expect((await imageOf(store, failed)).set?.runId).toBe(start.runId);
    });

    test('an image without its original is not made anew, and is counted as such', async () => {
      const preset = { ...DEFAULT_PRESET, name: `p${crypto.randomUUID().slice(0, 8)}` };
      const [gone, kept] = [
        await ended(succeeded, { image: { preset: preset.name } }),
        await ended(succeeded, { image: { preset: preset.name } }),
      ];
      await release([gone.image.id], 0, 4_000);
      const order = { preset, pipelineVersion: 7, since: 0, limit: 10 };
      const counted = { total: 2, current: 0, pending: 0, failed: 0, failedJobs: [], originalGone: 1 };
      expect(await store.countReprocess(order)).toEqual({ ...counted, next: null });
      const page = await store.queueReprocess({ ...order, at: 5_000, requestId: 'r' });
      expect(page).toMatchObject({ queued: 1, skipped: 1, originalGone: 1 });
      expect(page.toRun).toMatchObject([{ imageId: kept.image.id }]);
      expect(await spent(0, LATER), 'what waits to be made anew keeps its own').not.toContain(kept.image.id);
      await store.deleteImage(kept.image.id, DEFAULT_TENANT, 1);
    });

    test('an image that is deleted meanwhile is none of them', async () => {
      const { image } = await ended();
      await store.deleteImage(image.id, DEFAULT_TENANT, 5_000);
      expect(await release([image.id], 0, 5_000)).toEqual([]);
      expect(await store.originalsGoneAmong([image.id])).toEqual([image.id]);
    });
  });
}
