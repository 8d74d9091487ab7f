import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { ChangeReason } from '../../shared/domain/change-reason.ts';
import { DEFAULT_TENANT, type ImageId, newRunId } from '../../shared/domain/ids.ts';
import type { Manifest } from '../../shared/domain/image.ts';
import { DEFAULT_PRESET } from '../../shared/domain/preset.ts';
import { pathsOf } from '../../shared/domain/variant-url.ts';
import { EndpointId, type Subscription, WebhookBody } from '../../shared/domain/webhook.ts';
import type { JobStore } from '../../shared/jobs/job-store.ts';
import { KEPT_MS } from '../../shared/jobs/webhooks/records.ts';
import { MANIFEST, newStart, newUpload, PRESET_DIGEST, sha256Of, succeeded } from '../helpers/job-records.ts';
import type { OpenedJobStore } from './opened-job-store.ts';

type Open = (webhooks: () => readonly Subscription[]) => Promise<OpenedJobStore>;

const CACHE = EndpointId.parse('cache');
/** After all that the tests do. */
const LATER = 100_000;

/** Of what every {@link JobStore} tells whoever keeps variants, such as a CDN. */
export function describeChangedAddresses(name: string, open: Open): void {
  describe(`${name}: changed addresses`, () => {
    let opened: OpenedJobStore;
    let store: JobStore;
    beforeAll(async () => {
      opened = await open(() => [{ id: CACHE, tenant: null, events: ['image.changed'] }]);
      store = opened.store;
    });
    afterAll(() => opened.dispose());
    /** All tests see all of it. */
    afterEach(async () => {
      for (let n = 0; n < 2; n++) await store.sweepWebhooks(LATER + 10 * KEPT_MS);
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

    async function told() {
      const endpoints = [{ id: CACHE, limit: 100 }];
      const asked = { endpoints, at: LATER, leaseMs: 1_000, lease: newRunId() };
      const messages = await store.borrowWebhooks(asked);
      return messages.map(({ body }) => WebhookBody.parse(JSON.parse(body)));
    }
    const changeOf = (
      reason: ChangeReason,
      at: number,
      imageId: ImageId,
      { variants }: Manifest = MANIFEST,
    ) => ({
      type: 'image.changed',
      timestamp: new Date(at).toISOString(),
      data: { imageId, tenant: DEFAULT_TENANT, reason, urls: pathsOf(imageId, variants) },
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
          changeOf('deleted', 5_000, deleted),
          changeOf('expired', 6_000, ended),
          changeOf('erased', 7_000, erased),
        ]),
      );
      const digits = sha256Of('thumb').slice(0, 16);
      const [first] = all;
      if (first?.type !== 'image.changed') throw new Error('nothing is told');
      expect(first.data.urls.map((url) => url.replace(/^\/images\/[^/]+\//, ''))).toEqual([
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
      // More than are told in one statement.
      const images = await Promise.all([await published(), ...Array.from({ length: 51 }, published)]);
      const order = {
        preset: DEFAULT_PRESET,
        pipelineVersion: 9,
        since: 0,
        limit: 100,
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
      expect(all).toHaveLength(images.length);
      expect(all).toEqual(expect.arrayContaining(images.map((id) => changeOf('reprocessed', 3_000, id))));
    });
  });
}
