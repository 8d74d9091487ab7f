import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Focus } from '../../shared/domain/focus.ts';
import { DEFAULT_TENANT } from '../../shared/domain/ids.ts';
import type { Job } from '../../shared/domain/job.ts';
import { Preset, recipeDigest, recipeFor } from '../../shared/domain/preset.ts';
import type { JobStore } from '../../shared/jobs/job-store.ts';
import type { RunEnd, RunStart } from '../../shared/jobs/records.ts';
import type { ImageCursor } from '../../shared/jobs/reprocess-records.ts';
import {
  crashed,
  MANIFEST,
  type NewUpload,
  needOf,
  newStart,
  newUpload,
  rejected,
  settledAlone,
  succeeded,
} from '../helpers/job-records.ts';
import type { OpenedJobStore } from './job-store.ts';

const PIPELINE = MANIFEST.pipelineVersion;
const LATER = 10_000;

/** A preset as it is at some time; a test has names of its own, since it shares the store with the others. */
const presetOf = (name: string, width: number, position: 'centre' | 'focus' = 'centre') =>
  Preset.parse({
    name,
    sizes: [{ name: 'large', width, height: 100, fit: 'cover', position }],
    outputs: [{ format: 'jpeg' }],
  });

/** What every {@link JobStore} does with images that are to be made anew. */
export function describeReprocessing(name: string, open: () => Promise<OpenedJobStore>): void {
  describe(`${name}: making images anew`, () => {
    let opened: OpenedJobStore;
    let store: JobStore;
    beforeAll(async () => {
      opened = await open();
      store = opened.store;
    });
    afterAll(() => opened.dispose());

    function presets() {
      const preset = `p${randomUUID().slice(0, 8)}`;
      return { before: presetOf(preset, 100), now: presetOf(preset, 200) };
    }

    /** An upload that is accepted with a preset as it is. */
    async function accept(preset: Preset, given: Parameters<typeof newUpload>[0] = {}): Promise<NewUpload> {
      const made = newUpload({ ...given, image: { ...given.image, preset: preset.name } });
      const recipe = recipeFor(preset, made.image.focus);
      const upload = { ...made, recipe, recipeDigest: recipeDigest(recipe) };
      expect(await store.acceptUpload(upload)).toMatchObject({ id: upload.jobId });
      return upload;
    }

    const publishes = (start: RunStart, preset: Preset, focus: Focus | null = null): RunEnd => ({
      ...succeeded(start),
      published: { manifest: MANIFEST, recipeDigest: recipeDigest(recipeFor(preset, focus)) },
    });

    async function run(job: Pick<Job, 'id'>, end: (start: RunStart) => RunEnd) {
      const start = { ...newStart({ id: job.id } as Job) };
      expect(await store.startRun(start)).not.toBeNull();
      return { runId: start.runId, settled: await store.finishRun(end(start)) };
    }

    /** An image with the variants of a preset as it is. */
    async function published(preset: Preset, given: Parameters<typeof newUpload>[0] = {}) {
      const upload = await accept(preset, given);
      const { runId } = await run(upload.job, (start) => publishes(start, preset, upload.image.focus));
      return { upload, runId };
    }

    const scopeOf = (preset: Preset) => ({ preset, pipelineVersion: PIPELINE, since: 0, limit: 100 });
    const queue = (preset: Preset, given: { since?: number; pipelineVersion?: number; at?: number } = {}) =>
      store.queueReprocess({ ...scopeOf(preset), at: LATER, requestId: 'request-2', ...given });
    const count = async (preset: Preset, given: { since?: number; pipelineVersion?: number } = {}) => {
      const { next, ...counted } = await store.countReprocess({ ...scopeOf(preset), ...given });
      expect(next).toBeNull();
      return counted;
    };

    async function imageOf({ image }: NewUpload) {
      const found = await store.findImage(image.id, null);
      if (found === null || found === 'deleted') throw new Error('there is no such image');
      return found;
    }
    const setOf = async (upload: NewUpload) => (await imageOf(upload)).set?.runId;
    const jobOf = async (upload: NewUpload) => (await imageOf(upload)).job;

    test('an image of an earlier recipe has a new job, shows what it has, and then the new set in its place', async () => {
      const { before, now } = presets();
      const { upload, runId: old } = await published(before);
      const { image } = upload;
      const page = await queue(now);
      const job = await jobOf(upload);
      const recipe = recipeFor(now, null);
      expect(job).toEqual({
        id: expect.not.stringMatching(upload.job.id),
        imageId: image.id,
        preset: now.name,
        state: 'queued',
        failure: null,
        isBatch: true,
        sharedRunOf: null,
        requestId: 'request-2',
        createdAt: LATER,
        updatedAt: LATER,
      });
      const work = {
        jobId: job.id,
        imageId: image.id,
        ...needOf(image, now),
        preset: now.name,
        requestId: 'request-2',
        format: image.header.format,
        recipeDigest: recipeDigest(recipe),
        isSuspect: false,
        isBatch: true,
      };
      expect(page).toEqual({
        queued: 1,
        skipped: 0,
        originalGone: 0,
        toRun: [work],
        retiredSets: [],
        next: null,
      });
      expect(await store.queuedWork()).toContainEqual(work);
      expect(await store.findRecipe(recipeDigest(recipe))).toEqual(recipe);
      expect(await setOf(upload)).toBe(old);

      const { runId, settled } = await run(job, (start) => publishes(start, now));
      expect(settled).toEqual({ ...settledAlone(true), retiredSets: [old] });
      expect(await imageOf(upload)).toMatchObject({ job: { state: 'succeeded' }, set: { runId } });
      expect(await store.publishedAmong([old, runId])).toEqual([runId]);
    });

    test('there is nothing to do for an image that is current, that waits, or that never had variants', async () => {
      const { before, now } = presets();
      await published(now);
      const waits = await accept(before);
      const fails = await accept(before);
      await run(fails.job, rejected);
      const { upload: deleted } = await published(before);
      await store.deleteImage(deleted.image.id, DEFAULT_TENANT, 5_000);
      expect(await queue(now)).toEqual({
        queued: 0,
        skipped: 3,
        originalGone: 0,
        toRun: [],
        retiredSets: [],
        next: null,
      });
      expect(await count(now)).toEqual({
        total: 2,
        current: 1,
        pending: 1,
        failed: 0,
        failedJobs: [],
        originalGone: 0,
      });
      await run(waits.job, (start) => publishes(start, before));
      expect(await count(now)).toMatchObject({ total: 2, current: 1, pending: 0 });
      expect(await queue(now)).toMatchObject({ queued: 1, skipped: 2 });
    });

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

    test('another pipeline makes everything anew', async () => {
      const { before } = presets();
      await published(before);
      expect(await queue(before)).toMatchObject({ queued: 0, skipped: 1 });
      expect(await queue(before, { pipelineVersion: PIPELINE + 1 })).toMatchObject({ queued: 1 });
    });

    test('the focus of the upload is that of the new recipe, even where the earlier one did not ask for it', async () => {
      const { before } = presets();
      const now = presetOf(before.name, 100, 'focus');
      const focus = { x: 0.25, y: 1 };
      const { upload } = await published(before, { image: { focus } });
      expect((await imageOf(upload)).image.focus).toEqual(focus);
      const [work] = (await queue(now)).toRun;
      if (!work?.recipeDigest) throw new Error('there is no work with a recipe');
      expect(await store.findRecipe(work.recipeDigest)).toEqual({ preset: now, focus });
      await run({ id: work.jobId }, (start) => publishes(start, now, focus));
      expect(await count(now)).toMatchObject({ total: 1, current: 1 });
    });

    test('since when may be said', async () => {
      const { before, now } = presets();
      await published(before, { image: { createdAt: 1_000 } });
      const { upload } = await published(before, { image: { createdAt: 2_000 } });
      expect(await count(now, { since: 2_000 })).toMatchObject({ total: 1 });
      const page = await queue(now, { since: 2_000 });
      expect(page.toRun.map(({ imageId }) => imageId)).toEqual([upload.image.id]);
      expect(await count(now, { since: 2_001 })).toMatchObject({ total: 0 });
    });

    test('pages neither leave out nor repeat any image, though many are of one moment', async () => {
      const { before, now } = presets();
      const made = [];
      for (let index = 0; index < 7; index++)
        made.push((await published(before, { image: { createdAt: index < 5 ? 1_000 : 2_000 } })).upload);
      const seen: string[] = [];
      const sizes: number[] = [];
      for (let after: ImageCursor | null | undefined; after !== null; ) {
        const scope = { ...scopeOf(now), limit: 3, ...(after && { after }) };
        const counted = await store.countReprocess(scope);
        const page = await store.queueReprocess({ ...scope, at: LATER, requestId: 'r' });
        expect(counted).toMatchObject({ total: page.queued, next: page.next });
        seen.push(...page.toRun.map(({ imageId }) => imageId));
        sizes.push(page.queued);
        after = page.next;
      }
      expect(sizes).toEqual([3, 3, 1]);
      expect(seen.toSorted()).toEqual(made.map(({ image }) => image.id as string).toSorted());
    });

    test('the new job is the latest, though the clock has gone back', async () => {
      const { before, now } = presets();
      const { upload } = await published(before, { image: { createdAt: 50_000 } });
      await queue(now, { at: 20_000 });
      expect(await jobOf(upload)).toMatchObject({ isBatch: true, createdAt: 50_001 });
    });

    test('images of the same bytes share the new run, and retire their set together', async () => {
      const { before, now } = presets();
      const { upload, runId: old } = await published(before);
      const twin = await accept(before, { image: { sha256: upload.image.sha256, createdAt: 1_001 } });
      expect(await setOf(twin)).toBe(old);
      const page = await queue(now);
      expect(page).toMatchObject({ queued: 2, toRun: [{ imageId: upload.image.id }] });
      const [first, second] = [await jobOf(upload), await jobOf(twin)];
      expect(second).toMatchObject({ state: 'queued', sharedRunOf: first.id });
      const { runId, settled } = await run(first, (start) => publishes(start, now));
      expect(settled).toEqual({ ...settledAlone(true), followers: [second.id], retiredSets: [old] });
      for (const one of [upload, twin]) expect(await setOf(one)).toBe(runId);
    });

    test('a set stays as long as an image shows it', async () => {
      const { before, now } = presets();
      const other = { ...before, name: `${before.name}-2` };
      const { upload, runId: old } = await published(before);
      const twin = await accept(other, { image: { sha256: upload.image.sha256 } });
      expect(await setOf(twin), 'presets that make the same share').toBe(old);
      await queue(now);
      const { settled } = await run(await jobOf(upload), (start) => publishes(start, now));
      expect(settled).toEqual(settledAlone(true));
      expect(await setOf(twin)).toBe(old);
      expect(await store.deleteImage(twin.image.id, DEFAULT_TENANT, 20_000)).toMatchObject({
        retiredSet: old,
      });
    });

    test('the set of a later upload of the same bytes is taken over at once', async () => {
      const { before, now } = presets();
      const { upload, runId: old } = await published(before);
      const { runId } = await published(now, { image: { sha256: upload.image.sha256 } });
      expect(await queue(now)).toMatchObject({
        queued: 1,
        skipped: 1,
        originalGone: 0,
        toRun: [],
        retiredSets: [old],
      });
      expect(await imageOf(upload)).toMatchObject({
        job: { state: 'succeeded', isBatch: true },
        set: { runId },
      });
      expect(await store.publishedAmong([old])).toEqual([]);
    });

    test('it waits for the run of an upload of the same bytes, and no upload waits for it', async () => {
      const { before, now } = presets();
      const first = await published(before);
      const later = await accept(now, { image: { sha256: first.upload.image.sha256 } });
      expect(await queue(now)).toMatchObject({ queued: 1, toRun: [] });
      expect(await jobOf(first.upload)).toMatchObject({ sharedRunOf: later.job.id });

      const second = await published(before);
      const [work] = (await queue(now)).toRun;
      if (!work) throw new Error('there is no work');
      const { sha256 } = second.upload.image;
      const key = { ...second.upload.image, recipeDigest: recipeDigest(recipeFor(now, null)) };
      expect(await store.hasTwin({ ...key, pipelineVersion: PIPELINE, isBatch: false })).toBe(false);
      const upload = await accept(now, { image: { sha256 } });
      expect(await jobOf(upload)).toMatchObject({ sharedRunOf: null });
      const { runId } = await run(upload.job, (start) => publishes(start, now));
      const late = await run({ id: work.jobId }, (start) => publishes(start, now));
      expect(late.settled).toEqual({ ...settledAlone(false), retiredSets: [second.runId] });
      expect(await setOf(second.upload)).toBe(runId);
    });

    test('of those that wait for one that is deleted an upload runs before it', async () => {
      const { before, now } = presets();
      const { upload } = await published(before);
      const { sha256 } = upload.image;
      const leader = await accept(now, { image: { sha256, createdAt: LATER - 1 } });
      await queue(now);
      const follower = await accept(now, { image: { sha256, createdAt: LATER + 1 } });
      expect(await store.deleteImage(leader.image.id, DEFAULT_TENANT, 20_000)).toMatchObject({
        promoted: { jobId: follower.job.id, isBatch: false },
      });
      expect(await jobOf(upload)).toMatchObject({ isBatch: true, sharedRunOf: follower.job.id });
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
      const own = await open();
      const shared = store;
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
        store = shared;
        await own.dispose();
      }
    });
  });
}
