import { beforeAll, describe, expect, test } from 'vitest';
import { DEFAULT_TENANT } from '../../../shared/domain/ids.ts';
import { recipeDigest, recipeFor } from '../../../shared/domain/preset.ts';
import type { JobStore } from '../../../shared/jobs/job-store.ts';
import { settledAlone } from '../../helpers/job-records.ts';
import type { Stores } from '../job-store/stores.ts';
import { imagesAnew, LATER, PIPELINE } from './images-anew.ts';

/** What every {@link JobStore} does with images of the same bytes that are to be made anew. */
export function describeSameBytesAnew(name: string, { shared }: Stores): void {
  describe(`${name}: making images anew`, () => {
    let store: JobStore;
    beforeAll(async () => {
      store = await shared();
    });
    const { accept, imageOf, jobOf, presets, published, publishes, queue, run, setOf } = imagesAnew(
      () => store,
    );

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
  });
}
