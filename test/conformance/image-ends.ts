import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Tenant } from '../../shared/domain/ids.ts';
import type { JobStore } from '../../shared/jobs/job-store.ts';
import { type NewUpload, newStart, newUpload, sha256Of, succeeded } from '../helpers/job-records.ts';
import type { OpenedJobStore } from './opened-job-store.ts';

/** What every {@link JobStore} says of images that are there for a time. */
export function describeImageEnds(name: string, open: () => Promise<OpenedJobStore>): void {
  describe(`${name}: images that have an end`, () => {
    let opened: OpenedJobStore;
    let store: JobStore;
    beforeAll(async () => {
      opened = await open();
      store = opened.store;
    });
    afterAll(() => opened.dispose());

    async function acceptUntil(expiresAt: number | null): Promise<NewUpload> {
      const upload = newUpload({ image: { expiresAt } });
      await store.acceptUpload(upload);
      return upload;
    }

    test('are there until then, and say how long they are, and are as good as deleted from then on', async () => {
      const { image, job } = await acceptUntil(Date.now() + 60_000);
      const found = await store.findImage(image.id, null);
      expect(found).toEqual({ image, job, set: null, leftMs: expect.any(Number) });
      const { leftMs = 0 } = found as { leftMs?: number };
      expect(leftMs).toBeGreaterThan(0);
      expect(leftMs).toBeLessThanOrEqual(60_000);

      const { image: over, job: itsJob } = await acceptUntil(Date.now());
      expect(await store.findImage(over.id, null)).toBe('deleted');
      expect(await store.findImage(over.id, over.tenant)).toBe('deleted');
      expect(await store.findImage(over.id, Tenant.parse('other'))).toBeNull();
      expect(await store.deleteImage(over.id, over.tenant, Date.now())).toBe('deleted');
      expect(await store.retryJob(itsJob.id, Date.now(), 1)).not.toMatchObject({ toRun: expect.anything() });
    });

    test('are found when it has come, the first to end first, and deleted like any other', async () => {
      const [second, first] = [await acceptUntil(20_000), await acceptUntil(10_000)];
      await acceptUntil(null);
      const ofThese = async (at: number, limit = 100) =>
        (await store.expiredImages(at, limit)).map(({ id }) => id);
      expect(await ofThese(9_999)).toEqual([]);
      expect(await ofThese(19_999)).toEqual([first.image.id]);
      expect(await ofThese(20_000)).toEqual([first.image.id, second.image.id]);
      expect(await ofThese(20_000, 1)).toEqual([first.image.id]);
      const { id, tenant } = first.image;
      expect(await store.deleteImage(id, tenant, 20_000, 'expired')).toEqual({
        retiredSet: null,
        promoted: null,
      });
      expect(await store.deleteImage(id, tenant, 20_000, 'expired')).toBe('deleted');
      expect(await ofThese(20_000)).toEqual([second.image.id]);
      expect((await store.findJob(first.job.id))?.job.state).toBe('cancelled');
    });

    test('leave the set to those that share it, and the run to one that waits for it', async () => {
      const sha256 = sha256Of(crypto.randomUUID());
      const upload = (expiresAt: number | null) => newUpload({ image: { sha256, expiresAt } });
      const [ending, waiting] = [upload(10_000), upload(null)];
      for (const one of [ending, waiting]) await store.acceptUpload(one);
      const { id, tenant } = ending.image;
      expect(await store.deleteImage(id, tenant, 20_000, 'expired')).toMatchObject({
        promoted: { imageId: waiting.image.id },
      });
      const start = newStart(waiting.job);
      await store.startRun(start);
      await store.finishRun(succeeded(start));
      const later = upload(10_000);
      await store.acceptUpload(later);
      expect(await store.deleteImage(later.image.id, tenant, 20_000, 'expired')).toMatchObject({
        retiredSet: null,
      });
      expect(await store.findImage(waiting.image.id, null)).toMatchObject({ set: { runId: start.runId } });
    });
  });
}
