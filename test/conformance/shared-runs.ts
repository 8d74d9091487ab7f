import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DEFAULT_TENANT, type Tenant } from '../../shared/domain/ids.ts';
import type { JobStore } from '../../shared/jobs/job-store.ts';
import {
  crashed,
  errored,
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
} from '../helpers/job-records.ts';
import type { OpenedJobStore } from './job-store.ts';

/** What every {@link JobStore} does with uploads of the same bytes: one run, one set, each its own image and job. */
export function describeSharedRuns(name: string, open: () => Promise<OpenedJobStore>): void {
  describe(`${name}: uploads of the same bytes`, () => {
    let opened: OpenedJobStore;
    let store: JobStore;
    beforeAll(async () => {
      opened = await open();
      store = opened.store;
    });
    afterAll(() => opened.dispose());

    const twinOf = ({ image }: NewUpload, given: Parameters<typeof newUpload>[0] = {}) =>
      newUpload({ ...given, image: { sha256: image.sha256, createdAt: 2_000, ...given.image } });

    const keyOf = ({ image, recipeDigest, pipelineVersion }: NewUpload) => ({
      tenant: image.tenant,
      sha256: image.sha256,
      recipeDigest,
      pipelineVersion,
    });

    const jobOf = async ({ job }: NewUpload) => (await store.findJob(job.id))?.job;

    const setOf = async ({ image }: NewUpload) => {
      const found = await store.findImage(image.id, null);
      if (found === null || found === 'deleted') throw new Error('there is no such image');
      return found.set?.runId ?? null;
    };

    async function accepted(upload = newUpload()): Promise<NewUpload> {
      expect(await store.acceptUpload(upload)).toMatchObject({ id: upload.job.id });
      return upload;
    }

    async function running(upload = newUpload()) {
      await accepted(upload);
      const start = newStart(upload.job);
      await store.startRun(start);
      return { upload, start };
    }

    async function published() {
      const { upload, start } = await running();
      await store.finishRun(succeeded(start));
      return { upload, runId: start.runId };
    }

    test('share the set that is published: the second one has succeeded as soon as it is accepted', async () => {
      const { upload, runId } = await published();
      const twin = twinOf(upload);
      expect(await store.hasTwin({ ...keyOf(twin), isBatch: false })).toBe(true);
      const job = { ...twin.job, state: 'succeeded', sharedRunOf: upload.job.id };
      expect(await store.acceptUpload(twin)).toEqual(job);
      expect(await store.findJob(twin.job.id)).toMatchObject({ job, runs: [] });
      expect(await store.findImage(twin.image.id, null)).toEqual({
        image: twin.image,
        job,
        set: { runId, manifest: MANIFEST, publishedAt: 3_000 },
      });
    });

    test('share the run that is to come, and its set, when it ends', async () => {
      const { upload, start } = await running();
      const twins = [await accepted(twinOf(upload)), await accepted(twinOf(upload))];
      for (const twin of twins) {
        expect(await jobOf(twin)).toMatchObject({ state: 'queued', sharedRunOf: upload.job.id });
        expect(await setOf(twin)).toBeNull();
      }
      const settled = await store.finishRun(succeeded(start));
      expect(settled).toMatchObject({ keepsDirectory: true, promoted: null });
      expect(settled?.followers.toSorted()).toEqual(twins.map(({ job }) => job.id).toSorted());
      for (const twin of twins) {
        expect(await jobOf(twin)).toMatchObject({ state: 'succeeded', failure: null, updatedAt: 3_000 });
        expect(await setOf(twin)).toBe(start.runId);
      }
    });

    test('wait together while the run is tried again, and none of them is work of its own', async () => {
      const { upload, start } = await running();
      const twin = await accepted(twinOf(upload));
      expect(await store.finishRun(errored(start))).toEqual(settledAlone(false));
      expect(await jobOf(twin)).toMatchObject({ state: 'queued' });
      const waiting = (await store.queuedWork()).map(({ jobId }) => jobId);
      expect(waiting).toContain(upload.job.id);
      expect(waiting).not.toContain(twin.job.id);
    });

    test('fail together', async () => {
      const { upload, start } = await running();
      const twin = await accepted(twinOf(upload));
      await store.finishRun(rejected(start));
      expect(await jobOf(twin)).toMatchObject({ state: 'failed', failure: 'image_unreadable' });
      expect(await setOf(twin)).toBeNull();
    });

    test('are quarantined together', async () => {
      const { upload, start } = await running();
      const twin = await accepted(twinOf(upload));
      await store.finishRun({ ...crashed(start), next: 'quarantined' });
      expect(await jobOf(twin)).toMatchObject({ state: 'quarantined', failure: 'worker_crashed' });
    });

    test('have no twin in one that has failed', async () => {
      const { upload, start } = await running();
      await store.finishRun(rejected(start));
      const later = twinOf(upload);
      expect(await store.hasTwin({ ...keyOf(later), isBatch: false })).toBe(false);
      expect(await store.acceptUpload(later)).toEqual(later.job);
    });

    test('are others under another tenant, preset or pipeline', async () => {
      const { upload } = await published();
      await accepted(twinOf(upload));
      const others = [
        twinOf(upload, { image: { tenant: 'other' as Tenant } }),
        { ...twinOf(upload), recipeDigest: sha256Of('another preset') },
        { ...twinOf(upload), pipelineVersion: MANIFEST.pipelineVersion + 1 },
      ];
      for (const other of others) {
        expect(await store.hasTwin({ ...keyOf(other), isBatch: false })).toBe(false);
        expect(await store.acceptUpload(other)).toEqual(other.job);
      }
    });

    test('are refused, and leave nothing, when they need a twin and there is none', async () => {
      const alone = newUpload({ needsTwin: true });
      expect(await store.acceptUpload(alone)).toBe('no_twin');
      expect(await store.findImage(alone.image.id, null)).toBeNull();
      expect(await store.findJob(alone.job.id)).toBeNull();
      const { upload } = await published();
      expect(await store.acceptUpload(twinOf(upload, { needsTwin: true }))).toMatchObject({
        state: 'succeeded',
      });
    });

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
      const twins = [await accepted(twinOf(upload)), await accepted(twinOf(upload))];
      await store.finishRun(rejected(start));
      const retry = ({ job }: NewUpload) => store.retryJob(job.id, 4_000, MANIFEST.pipelineVersion);
      const [first, second] = twins;
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
      const own = await open();
      try {
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
      } finally {
        await own.dispose();
      }
    });
  });
}
