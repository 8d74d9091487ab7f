import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ImageId, Tenant } from '../../shared/domain/ids.ts';
import type { Image, Metadata } from '../../shared/domain/image.ts';
import type { ImagesAsked } from '../../shared/jobs/image-page.ts';
import type { JobStore } from '../../shared/jobs/job-store.ts';
import { newStart, newUpload, rejected, succeeded } from '../helpers/job-records.ts';
import type { OpenedJobStore } from './opened-job-store.ts';

/** How every {@link JobStore} lists the images of a tenant. */
export function describeImageList(name: string, open: () => Promise<OpenedJobStore>): void {
  describe(`${name}: the list of images`, () => {
    let opened: OpenedJobStore;
    let store: JobStore;
    beforeAll(async () => {
      opened = await open();
      store = opened.store;
    });
    afterAll(() => opened.dispose());

    /** Each test has a tenant of its own, and sees nothing of the others. */
    let tenants = 0;
    const newTenant = (): Tenant => `lister-${++tenants}` as string as Tenant;

    async function accepted(given: Partial<Image>, end?: typeof succeeded): Promise<ImageId> {
      const upload = newUpload({ image: given });
      await store.acceptUpload(upload);
      if (end) {
        const start = newStart(upload.job);
        await store.startRun(start);
        await store.finishRun(end(start));
      }
      return upload.image.id;
    }

    const pageOf = (asked: Partial<ImagesAsked> & { tenant: Tenant }) =>
      store.listImages({ limit: 50, ...asked });
    const idsOf = async (asked: Partial<ImagesAsked> & { tenant: Tenant }) =>
      (await pageOf(asked)).images.map(({ image }) => image.id);
    const withMetadata = async (metadata: Metadata) => {
      const tenant = newTenant();
      const id = await accepted({ tenant, metadata });
      return async (field: string, value: string) =>
        (await idsOf({ tenant, metadata: { field, value } })).includes(id);
    };

    test.each([1, 2, 3, 7, 50])('comes from the newest on, in pages of %i without a gap', async (limit) => {
      const tenant = newTenant();
      const ids: ImageId[] = [];
      for (const createdAt of [1_000, 2_000, 2_000, 2_000, 3_000, 4_000, 5_000])
        ids.push(await accepted({ tenant, createdAt, metadata: { order: 'a' } }));
      await accepted({ tenant: newTenant(), metadata: { order: 'a' } });
      for (const metadata of [undefined, { field: 'order', value: 'a' }]) {
        const seen: { createdAt: number; id: ImageId }[] = [];
        let after: ImagesAsked['after'];
        do {
          const { images, next } = await pageOf({ tenant, metadata, after, limit });
          expect(images.length).toBeGreaterThan(0);
          seen.push(...images.map(({ image }) => image));
          after = next ?? undefined;
        } while (after);
        expect(seen.map(({ id }) => id).toSorted()).toEqual(ids.toSorted());
        expect(seen.map(({ createdAt }) => createdAt)).toEqual([
          5_000, 4_000, 3_000, 2_000, 2_000, 2_000, 1_000,
        ]);
      }
    });

    test('has what was accepted at a time or later, and before another', async () => {
      const tenant = newTenant();
      const metadata = { order: 'b' };
      const [, second, third] = [
        await accepted({ tenant, createdAt: 10, metadata }),
        await accepted({ tenant, createdAt: 20, metadata }),
        await accepted({ tenant, createdAt: 30, metadata }),
        await accepted({ tenant, createdAt: 40, metadata }),
      ];
      const between = { since: 20, until: 40 };
      expect(await idsOf({ tenant, ...between })).toEqual([third, second]);
      expect(await idsOf({ tenant, ...between, metadata: { field: 'order', value: 'b' } })).toEqual([
        third,
        second,
      ]);
    });

    test('says of each image what it is, and how it stands', async () => {
      const tenant = newTenant();
      const waits = newUpload({ image: { tenant, createdAt: 3, metadata: { tags: ['x', 1] } } });
      await store.acceptUpload(waits);
      await accepted({ tenant, createdAt: 2 }, rejected);
      await accepted({ tenant, createdAt: 1 }, succeeded);
      const { images } = await pageOf({ tenant });
      expect(images[0]).toEqual({ image: waits.image, jobId: waits.job.id, status: 'queued', failure: null });
      expect(images.map(({ status, failure }) => [status, failure])).toEqual([
        ['queued', null],
        ['failed', 'image_unreadable'],
        ['succeeded', null],
      ]);
      for (const [at, status] of (['queued', 'failed', 'succeeded'] as const).entries())
        expect(await idsOf({ tenant, status })).toEqual([images[at]?.image.id]);
      expect(await pageOf({ tenant, status: 'cancelled' })).toEqual({
        images: [],
        next: null,
        isComplete: true,
      });
    });

    test('is looked through for a status, a page at a time', async () => {
      const tenant = newTenant();
      const failed = [
        await accepted({ tenant, createdAt: 1 }, rejected),
        await accepted({ tenant, createdAt: 2 }, rejected),
        await accepted({ tenant, createdAt: 4 }, rejected),
      ];
      await accepted({ tenant, createdAt: 3 });
      const first = await pageOf({ tenant, status: 'failed', limit: 2 });
      expect(first.images.map(({ image }) => image.id)).toEqual([failed[2], failed[1]]);
      expect(
        await pageOf({ tenant, status: 'failed', limit: 2, after: first.next ?? undefined }),
      ).toMatchObject({ images: [{ image: { id: failed[0] } }], next: null });
    });

    test('finds by texts, numbers and booleans, as texts', async () => {
      const has = await withMetadata({ order: '0042', size: 42, big: 1e21, gift: true, empty: '', été: '🏔' });
      for (const [field, value] of [
        ['order', '0042'],
        ['size', '42'],
        ['big', '1e+21'],
        ['gift', 'true'],
        ['empty', ''],
        ['été', '🏔'],
      ] as const)
        expect([field, await has(field, value)]).toEqual([field, true]);
      expect(await has('order', '42')).toBe(false);
      expect(await has('size', '0042')).toBe(false);
    });

    test('takes any metadata, be there nothing in it to find by', async () => {
      const many = Object.fromEntries(Array.from({ length: 40 }, (_, n) => [`field${n}`, n]));
      const has = await withMetadata({
        nul: 'a\0b',
        'n\0l': 'a',
        half: '\ud800',
        none: null,
        list: ['a'],
        deep: { order: 'a' },
        long: 'x'.repeat(257),
        ['y'.repeat(65)]: 'a',
        longest: 'é'.repeat(256),
        ...many,
      });
      expect(await has('longest', 'é'.repeat(256))).toBe(true);
      expect(await has('field30', '30')).toBe(true);
      for (const [field, value] of [
        ['none', 'null'],
        ['list', 'a'],
        ['deep', 'a'],
        ['order', 'a'],
        ['field31', '31'],
      ] as const)
        expect([field, await has(field, value)]).toEqual([field, false]);
    });

    test('has nothing of an image that was deleted', async () => {
      const tenant = newTenant();
      const metadata = { order: 'c' };
      const id = await accepted({ tenant, metadata }, succeeded);
      const kept = await accepted({ tenant, metadata });
      await store.deleteImage(id, tenant, 5_000);
      expect(await idsOf({ tenant })).toEqual([kept]);
      expect(await idsOf({ tenant, metadata: { field: 'order', value: 'c' } })).toEqual([kept]);
    });

    test('needs nothing indexed that was accepted by this version', async () => {
      await accepted({ tenant: newTenant(), metadata: { order: 'd' } });
      expect(await store.indexEarlierMetadata(10)).toBe(0);
    });
  });
}
