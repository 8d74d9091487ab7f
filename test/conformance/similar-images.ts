import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PerceptualHash } from '../../shared/domain/description.ts';
import { DEFAULT_TENANT, newImageId, type Tenant } from '../../shared/domain/ids.ts';
import type { Image } from '../../shared/domain/image.ts';
import type { JobStore } from '../../shared/jobs/job-store.ts';
import type { SimilarQuery } from '../../shared/jobs/records.ts';
import { DESCRIPTION, MANIFEST, newStart, newUpload, succeeded } from '../helpers/job-records.ts';
import type { OpenedJobStore } from './opened-job-store.ts';

/** What every {@link JobStore} knows of pictures that look alike. */
export function describeSimilarImages(name: string, open: () => Promise<OpenedJobStore>): void {
  describe(`${name}: similar images`, () => {
    let opened: OpenedJobStore;
    let store: JobStore;
    beforeAll(async () => {
      opened = await open();
      store = opened.store;
    });
    afterAll(() => opened.dispose());

    /** Each test has a tenant of its own, and sees nothing of the others. */
    let tenants = 0;
    const newTenant = (): Tenant => `tenant-${++tenants}` as string as Tenant;

    async function published(
      tenant: Tenant,
      hash: string | null,
      given: Partial<Image> = {},
    ): Promise<Image> {
      const { image, job, ...upload } = newUpload({ image: { tenant, ...given } });
      await store.acceptUpload({ image, ...upload });
      const start = newStart(job);
      // The job of bytes that are there already has ended, and starts no run.
      if (!(await store.startRun(start))) return image;
      const description =
        hash === null ? null : { ...DESCRIPTION, perceptualHash: PerceptualHash.parse(hash) };
      const { published: whole, ...end } = succeeded(start);
      if (!whole) throw new Error('a run that has succeeded publishes');
      await store.finishRun({ ...end, published: { ...whole, manifest: { ...MANIFEST, description } } });
      return image;
    }

    const HASH = '0123456789abcdef';
    /** The hash with these bits flipped, 0 being the last. */
    const flipped = (...bits: number[]): string =>
      bits
        .reduce((value, bit) => value ^ (1n << BigInt(bit)), BigInt(`0x${HASH}`))
        .toString(16)
        .padStart(16, '0');

    const similar = (tenant: Tenant, given: Partial<SimilarQuery> = {}) =>
      store.findSimilar({
        tenant,
        hash: PerceptualHash.parse(HASH),
        distance: 11,
        limit: 50,
        except: newImageId(),
        ...given,
      });

    test('are found up to the distance, the nearest first', async () => {
      const tenant = newTenant();
      const bits = [0, 17, 34, 51, 5, 22, 39, 56, 10, 27, 44, 61];
      const images: Image[] = [];
      for (const count of [12, 3, 11, 0, 7, 4, 8])
        images.push(await published(tenant, flipped(...bits.slice(0, count))));
      const found = async (distance: number) => {
        const { images: near, isComplete } = await similar(tenant, { distance });
        expect(isComplete).toBe(true);
        return near.map(({ id, distance: apart }) => [images.findIndex((image) => image.id === id), apart]);
      };
      expect(await found(11)).toEqual([
        [3, 0],
        [1, 3],
        [5, 4],
        [4, 7],
        [6, 8],
        [2, 11],
      ]);
      expect(await found(7)).toEqual([
        [3, 0],
        [1, 3],
        [5, 4],
        [4, 7],
      ]);
      expect(await found(3)).toEqual([
        [3, 0],
        [1, 3],
      ]);
      expect(await found(0)).toEqual([[3, 0]]);
    });

    test('are found whichever parts of the hash differ', async () => {
      const tenant = newTenant();
      const inOneBand = Array.from({ length: 11 }, (_, bit) => bit);
      for (const first of [0, 16, 32, 48])
        await published(tenant, flipped(...inOneBand.map((bit) => bit + first)));
      expect((await similar(tenant)).images.map(({ distance }) => distance)).toEqual([11, 11, 11, 11]);
    });

    test('are no more than asked for, and then the nearest', async () => {
      const tenant = newTenant();
      for (const bits of [[1, 2, 3, 4, 5, 6], [1], [], [1, 2]]) await published(tenant, flipped(...bits));
      expect((await similar(tenant, { limit: 2 })).images.map(({ distance }) => distance)).toEqual([0, 1]);
    });

    test('are not the one that is asked about, but others of the same bytes are', async () => {
      const tenant = newTenant();
      const image = await published(tenant, HASH);
      const twin = await published(tenant, HASH, { sha256: image.sha256 });
      expect((await similar(tenant, { except: image.id })).images).toEqual([{ id: twin.id, distance: 0 }]);
      expect((await similar(tenant, { except: twin.id })).images).toEqual([{ id: image.id, distance: 0 }]);
    });

    test('are of the same tenant', async () => {
      await published(DEFAULT_TENANT, flipped(1, 2, 3));
      await published(newTenant(), HASH);
      expect(await similar(newTenant())).toEqual({ images: [], isComplete: true });
    });

    test('are gone once they are deleted', async () => {
      const tenant = newTenant();
      const image = await published(tenant, HASH);
      await store.deleteImage(image.id, tenant, 5_000);
      expect((await similar(tenant)).images).toEqual([]);
    });

    test('are none of those that were never described', async () => {
      const tenant = newTenant();
      await published(tenant, null);
      expect(await similar(tenant, { hash: PerceptualHash.parse('0000000000000000') })).toEqual({
        images: [],
        isComplete: true,
      });
    });
  });
}
