import { beforeAll, describe, expect, test } from 'vitest';
import { DEFAULT_TENANT } from '../../../shared/domain/ids.ts';
import type { JobStore } from '../../../shared/jobs/job-store.ts';
import {
  MANIFEST,
  type NewUpload,
  needOf,
  newStart,
  newUpload,
  PRESET_DIGEST,
  rejected,
  settledAlone,
  sha256Of,
  succeeded,
} from '../../helpers/job-records.ts';
import type { Stores } from '../job-store/stores.ts';
import { twins } from './twins.ts';

/** What every {@link JobStore} does when one of those that share a run or a set is deleted, retried, or lacks its original. */
export function describeParting(name: string, { opened, shared }: Stores): void {
  describe(`${name}: uploads of the same bytes`, () => {
    let store: JobStore;
    beforeAll(async () => {
      store = await shared();
    });
    const { accepted, jobOf, keyOf, published, running, setOf, twinOf } = twins(() => store);

    test('keep the set until the last of their images is deleted; the next one makes a new one', async () => {
      const { upload, runId } = await published();
      const twin = await accepted(twinOf(upload));
      expect(await store.deleteImage(upload.image.id, DEFAULT_TENANT, 5_000)).toEqual({
        retiredSet: null,
        promoted: null,
      });
      expect(await setOf(twin)).toBe(runId);
      const third = await accepted(twinOf(upload));
      expect(await setOf(third)).toBe(runId);
      expect(await store.deleteImage(twin.image.id, DEFAULT_TENANT, 5_000)).toEqual({
        retiredSet: null,
        promoted: null,
      });
      expect(await store.deleteImage(third.image.id, DEFAULT_TENANT, 5_000)).toEqual({
        retiredSet: runId,
        promoted: null,
      });
      expect(await store.publishedAmong([runId])).toEqual([]);
      expect(await store.hasTwin({ ...keyOf(upload), isBatch: false })).toBe(false);
    });

    test('go on when the one that runs for all is deleted: the eldest of the others runs, for the rest of them', async () => {
      const { upload, start } = await running();
      const eldest = await accepted(twinOf(upload));
      const youngest = await accepted(twinOf(upload, { image: { createdAt: 2_001 } }));
      expect(await store.deleteImage(upload.image.id, DEFAULT_TENANT, 5_000)).toEqual({
        retiredSet: null,
        promoted: {
          jobId: eldest.job.id,
          imageId: eldest.image.id,
          ...needOf(eldest.image),
          preset: 'default',
          requestId: 'request-1',
          format: 'png',
          recipeDigest: PRESET_DIGEST,
          isSuspect: false,
          isBatch: false,
        },
      });
      expect(await store.finishRun(succeeded(start))).toBeNull();
      expect(await jobOf(eldest)).toMatchObject({ state: 'queued', sharedRunOf: null });
      expect(await jobOf(youngest)).toMatchObject({ state: 'queued', sharedRunOf: eldest.job.id });
      const second = newStart(eldest.job);
      await store.startRun(second);
      expect(await store.finishRun(succeeded(second))).toEqual({
        ...settledAlone(true),
        followers: [youngest.job.id],
      });
      expect(await setOf(youngest)).toBe(second.runId);
    });

    test('do not bring back the one that was deleted while it waited', async () => {
      const { upload, start } = await running();
      const twin = await accepted(twinOf(upload));
      expect(await store.deleteImage(twin.image.id, DEFAULT_TENANT, 5_000)).toEqual({
        retiredSet: null,
        promoted: null,
      });
      expect(await store.finishRun(succeeded(start))).toEqual(settledAlone(true));
      expect(await jobOf(twin)).toMatchObject({ state: 'cancelled' });
      expect(await store.findImage(twin.image.id, null)).toBe('deleted');
    });

    test('have one set even when each has run, as after a change of the preset: that of the first', async () => {
      const { upload, start } = await running({ ...newUpload(), recipeDigest: sha256Of('as it was') });
      const { start: other } = await running(twinOf(upload));
      expect(await store.finishRun(succeeded(other))).toEqual(settledAlone(true));
      expect(await store.finishRun(succeeded(start))).toEqual(settledAlone(false));
      expect(await jobOf(upload)).toMatchObject({ state: 'succeeded' });
      expect(await setOf(upload)).toBe(other.runId);
      expect(await store.publishedAmong([other.runId, start.runId])).toEqual([other.runId]);
    });

    test('that have failed together share the run of the first that is retried, or its set', async () => {
      const { upload, start } = await running();
      const both = [await accepted(twinOf(upload)), await accepted(twinOf(upload))];
      await store.finishRun(rejected(start));
      const retry = ({ job }: NewUpload) => store.retryJob(job.id, 4_000, MANIFEST.pipelineVersion);
      const [first, second] = both;
      if (!first || !second) throw new Error('there are two');
      expect(await retry(first)).toMatchObject({ toRun: { jobId: first.job.id } });
      expect(await jobOf(first)).toMatchObject({ state: 'queued', sharedRunOf: null });
      expect(await retry(second)).toEqual({ toRun: null, retiredSets: [] });
      expect(await jobOf(second)).toMatchObject({ state: 'queued', sharedRunOf: first.job.id });
      const again = newStart(first.job);
      await store.startRun(again);
      await store.finishRun(succeeded(again));
      expect(await setOf(second)).toBe(again.runId);
      expect(await retry(upload)).toEqual({ toRun: null, retiredSets: [] });
      expect(await jobOf(upload)).toMatchObject({ state: 'succeeded', sharedRunOf: first.job.id });
      expect(await setOf(upload)).toBe(again.runId);
    });

    test.for(['original_missing', 'storage_error'] as const)(
      'do not fail for %s of one of them: the eldest of the others runs',
      async (failure) => {
        const { upload, start } = await running();
        const twin = await accepted(twinOf(upload));
        expect(await store.finishRun({ ...rejected(start), failure })).toMatchObject({
          followers: [],
          promoted: { jobId: twin.job.id },
        });
        expect(await jobOf(upload)).toMatchObject({ state: 'failed', failure });
        expect(await jobOf(twin)).toMatchObject({ state: 'queued', sharedRunOf: null });
      },
    );

    test('share a run after a restart as before it', async () => {
      const own = await opened();
      const upload = newUpload();
      const twin = twinOf(upload);
      await own.store.acceptUpload(upload);
      await own.store.startRun(newStart(upload.job));
      await own.store.acceptUpload(twin);
      const next = await own.reopen();
      await next.requeueRunning(4_000);
      expect((await next.queuedWork()).map(({ jobId }) => jobId)).toEqual([upload.job.id]);
      const start = newStart(upload.job);
      await next.startRun(start);
      expect(await next.finishRun(succeeded(start))).toEqual({
        ...settledAlone(true),
        followers: [twin.job.id],
      });
    });
  });
}
