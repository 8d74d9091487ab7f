import { describe, expect, test } from 'vitest';
import { DEFAULT_TENANT, newImageId, Tenant } from '../../../shared/domain/ids.ts';
import type { JobStore } from '../../../shared/jobs/job-store.ts';
import { succeeded } from '../../helpers/job-records.ts';
import { accept, acceptAndStart, type Stores } from './stores.ts';

const OTHER_TENANT = Tenant.parse('other');

/** What every {@link JobStore} forgets of an image that is deleted. */
export function describeDeleting(name: string, { shared }: Stores): void {
  describe(`${name}: deleting`, () => {
    test('forgets an image and its set, and knows that it was there', async () => {
      const store = await shared();
      const { upload, start } = await acceptAndStart(store);
      await store.finishRun(succeeded(start));
      const { id } = upload.image;
      expect(await store.deleteImage(id, OTHER_TENANT, 1)).toBeNull();
      expect(await store.deleteImage(id, DEFAULT_TENANT, 5_000)).toEqual({
        retiredSet: start.runId,
        promoted: null,
      });
      expect(await store.findImage(id, null)).toBe('deleted');
      expect(await store.findImage(id, DEFAULT_TENANT)).toBe('deleted');
      expect(await store.findImage(id, OTHER_TENANT)).toBeNull();
      expect(await store.publishedAmong([start.runId])).toEqual([]);
      expect(await store.originalsKeptAmong([id])).toEqual([]);
      expect(await store.deleteImage(id, DEFAULT_TENANT, 6_000)).toBe('deleted');
    });

    test('fences off the run in progress: its late result resurrects nothing', async () => {
      const store = await shared();
      const { upload, start } = await acceptAndStart(store);
      const { id } = upload.image;
      expect(await store.deleteImage(id, DEFAULT_TENANT, 5_000)).toEqual({
        retiredSet: null,
        promoted: null,
      });
      expect(await store.findJob(upload.job.id)).toMatchObject({
        job: { state: 'cancelled', updatedAt: 5_000 },
        runs: [{ outcome: 'interrupted', endedAt: 5_000 }],
      });
      expect(await store.finishRun(succeeded(start))).toBeNull();
      expect(await store.findImage(id, null)).toBe('deleted');
      expect(await store.publishedAmong([start.runId])).toEqual([]);
    });

    test('takes a queued job out of the queue', async () => {
      const store = await shared();
      const { image } = await accept(store);
      await store.deleteImage(image.id, DEFAULT_TENANT, 5_000);
      expect((await store.queuedWork()).map((work) => work.imageId)).not.toContain(image.id);
    });

    test('leaves other images alone', async () => {
      const store = await shared();
      const [doomed, other] = [await accept(store), await accept(store)];
      await store.deleteImage(doomed.image.id, DEFAULT_TENANT, 5_000);
      const { image, job } = other;
      expect(await store.findImage(image.id, null)).toEqual({ image, job, set: null });
    });

    test('answers null for an image that never was', async () => {
      const store = await shared();
      expect(await store.deleteImage(newImageId(), DEFAULT_TENANT, 5_000)).toBeNull();
    });
  });
}
