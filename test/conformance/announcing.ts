import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { Purge } from '../../shared/domain/announcement.ts';
import { DEFAULT_TENANT, type ImageId } from '../../shared/domain/ids.ts';
import type { Manifest } from '../../shared/domain/image.ts';
import { DEFAULT_PRESET } from '../../shared/domain/preset.ts';
import { pathsOf } from '../../shared/domain/variant-url.ts';
import { type Audience, NOBODY } from '../../shared/jobs/announce.ts';
import type { JobStore } from '../../shared/jobs/job-store.ts';
import { MANIFEST, newStart, newUpload, PRESET_DIGEST, sha256Of, succeeded } from '../helpers/job-records.ts';
import type { OpenedJobStore } from './job-store.ts';

type Open = (options: { announces: Audience }) => Promise<OpenedJobStore>;

/** What every {@link JobStore} has to tell others of what has changed. */
export function describeAnnouncing(name: string, open: Open): void {
  describe(`${name}: announcing`, () => {
    let opened: OpenedJobStore;
    let store: JobStore;
    beforeAll(async () => {
      opened = await open({ announces: { purges: true, webhooks: [] } });
      store = opened.store;
    });
    afterAll(() => opened.dispose());
    /** All tests see all of it. */
    afterEach(async () => {
      for (const { id } of await borrowed(1_000_000)) await store.forgetAnnouncement(id);
    });

    /** Of the same bytes as all of them have. */
    async function published() {
      const upload = newUpload({ image: { sha256: sha256Of('a') } });
      const job = await store.acceptUpload(upload);
      if (typeof job === 'string') throw new Error(job);
      const start = newStart(job);
      if (await store.startRun(start)) await store.finishRun(succeeded(start));
      return upload.image.id;
    }

    const borrowed = (at = 10_000, leaseMs = 1_000, limit = 50) =>
      store.borrowAnnouncements({ topic: 'purge', at, leaseMs, limit });
    const told = async (at?: number) => (await borrowed(at)).map(({ body }) => Purge.parse(JSON.parse(body)));
    const purgeOf = (reason: Purge['reason'], image: ImageId, { variants }: Manifest = MANIFEST): Purge => ({
      reason,
      image,
      urls: pathsOf(image, variants),
    });

    test('what was deleted, has ended or was erased is told with all its addresses', async () => {
      const [deleted, ended, erased] = [await published(), await published(), await published()];
      expect(await told()).toEqual([]);
      await store.deleteImage(deleted, DEFAULT_TENANT, 5_000);
      await store.deleteImage(ended, DEFAULT_TENANT, 6_000, 'expired');
      await store.eraseImages({ tenant: DEFAULT_TENANT, images: [erased], at: 7_000, runsEndBy: 7_000 });
      const all = await told();
      expect(all).toHaveLength(3);
      expect(all).toEqual(
        expect.arrayContaining([
          purgeOf('deleted', deleted),
          purgeOf('expired', ended),
          purgeOf('erased', erased),
        ]),
      );
      const digits = sha256Of('thumb').slice(0, 16);
      expect(all[0]?.urls.map((url) => url.replace(/^\/images\/[^/]+\//, ''))).toEqual([
        `thumb.${digits}.jpg`,
        'thumb.jpg',
        'thumb',
      ]);
    });

    test('what had no variants has no addresses, and is not told of', async () => {
      const { image, ...upload } = newUpload();
      await store.acceptUpload({ image, ...upload });
      await store.deleteImage(image.id, DEFAULT_TENANT, 5_000);
      expect(await told()).toEqual([]);
    });

    test('what is made anew is told of each image that shows it, with the addresses of before', async () => {
      const first = await published();
      const second = await published();
      const order = {
        preset: DEFAULT_PRESET,
        pipelineVersion: 9,
        since: 0,
        limit: 50,
        at: 6_000,
        requestId: 'r',
      };
      const { toRun } = await store.queueReprocess(order);
      expect(toRun).toHaveLength(1);
      const start = newStart({ id: toRun[0]?.jobId } as Parameters<typeof newStart>[0]);
      await store.startRun(start);
      const end = succeeded(start);
      const manifest = { ...MANIFEST, pipelineVersion: 9 };
      await store.finishRun({
        ...end,
        published: { manifest, recipeDigest: toRun[0]?.recipeDigest ?? PRESET_DIGEST },
      });
      const all = await told();
      expect(all).toHaveLength(2);
      expect(all).toEqual(
        expect.arrayContaining([purgeOf('reprocessed', first), purgeOf('reprocessed', second)]),
      );
    });

    test('is lent to one at a time, told again where it is not said what became of it, and no more once it is told', async () => {
      await store.deleteImage(await published(), DEFAULT_TENANT, 5_000);
      const [lent] = await borrowed(10_000);
      expect(lent).toMatchObject({ tries: 1, ageMs: 5_000 });
      expect(await borrowed(10_500)).toEqual([]);
      const [again] = await borrowed(11_000);
      expect(again).toMatchObject({ id: lent?.id, body: lent?.body, tries: 2, ageMs: 6_000 });
      await store.postponeAnnouncement(lent?.id ?? '', 11_000, 5_000);
      expect(await borrowed(15_999)).toEqual([]);
      expect(await borrowed(16_000)).toHaveLength(1);
      await store.releaseAnnouncements(16_000);
      expect((await store.figures()).untold).toEqual({ announcements: 1, oldestAt: 5_000 });
      expect(await borrowed(16_000)).toHaveLength(1);
      await store.forgetAnnouncement(lent?.id ?? '');
      expect(await borrowed(99_000)).toEqual([]);
      expect((await store.figures()).untold).toEqual({ announcements: 0, oldestAt: null });
    });

    test('that which has waited longest comes first', async () => {
      const images = [await published(), await published(), await published()];
      for (const [n, image] of images.entries()) await store.deleteImage(image, DEFAULT_TENANT, 5_000 + n);
      const [first] = await borrowed(9_000, 60_000, 1);
      const [second] = await borrowed(9_000, 60_000, 1);
      expect([first, second].map((it) => Purge.parse(JSON.parse(it?.body ?? '')).image)).toEqual(
        images.slice(0, 2),
      );
    });
  });

  test(`${name}: where nobody is to be told, nothing is written`, async () => {
    const { store, dispose } = await open({ announces: NOBODY });
    const upload = newUpload();
    await store.acceptUpload(upload);
    const start = newStart(upload.job);
    await store.startRun(start);
    await store.finishRun(succeeded(start));
    await store.deleteImage(upload.image.id, DEFAULT_TENANT, 5_000);
    expect((await store.figures()).untold.announcements).toBe(0);
    await dispose();
  });
}
