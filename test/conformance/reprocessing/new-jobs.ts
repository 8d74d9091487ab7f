import { beforeAll, describe, expect, test } from 'vitest';
import { DEFAULT_TENANT } from '../../../shared/domain/ids.ts';
import { recipeDigest, recipeFor } from '../../../shared/domain/preset.ts';
import type { JobStore } from '../../../shared/jobs/job-store.ts';
import type { ImageCursor } from '../../../shared/jobs/reprocess-records.ts';
import { needOf, rejected, settledAlone } from '../../helpers/job-records.ts';
import type { Stores } from '../job-store/stores.ts';
import { imagesAnew, LATER, PIPELINE, presetOf } from './images-anew.ts';

/** What every {@link JobStore} gives a new job of the images that are to be made anew. */
export function describeNewJobs(name: string, { shared }: Stores): void {
  describe(`${name}: making images anew`, () => {
    let store: JobStore;
    beforeAll(async () => {
      store = await shared();
    });
    const { accept, count, imageOf, jobOf, presets, published, publishes, queue, run, scopeOf, setOf } =
      imagesAnew(() => store);

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
  });
}
