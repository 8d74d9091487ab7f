import { beforeAll, describe, expect, test } from 'vitest';
import type { Tenant } from '../../../shared/domain/ids.ts';
import type { JobStore } from '../../../shared/jobs/job-store.ts';
import {
  crashed,
  errored,
  MANIFEST,
  newUpload,
  rejected,
  settledAlone,
  sha256Of,
  succeeded,
} from '../../helpers/job-records.ts';
import type { Stores } from '../job-store/stores.ts';
import { twins } from './twins.ts';

/** What every {@link JobStore} does with uploads of the same bytes: one run, one set, each its own image and job. */
export function describeSharing(name: string, { shared }: Stores): void {
  describe(`${name}: uploads of the same bytes`, () => {
    let store: JobStore;
    beforeAll(async () => {
      store = await shared();
    });
    const { accepted, jobOf, keyOf, published, running, setOf, twinOf } = twins(() => store);

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
      const both = [await accepted(twinOf(upload)), await accepted(twinOf(upload))];
      for (const twin of both) {
        expect(await jobOf(twin)).toMatchObject({ state: 'queued', sharedRunOf: upload.job.id });
        expect(await setOf(twin)).toBeNull();
      }
      const settled = await store.finishRun(succeeded(start));
      expect(settled).toMatchObject({ keepsDirectory: true, promoted: null });
      expect(settled?.followers.toSorted()).toEqual(both.map(({ job }) => job.id).toSorted());
      for (const twin of both) {
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
  });
}
