import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { newRunId } from '../../../shared/domain/ids.ts';
import { DEFAULT_PRESET } from '../../../shared/domain/preset.ts';
import type { JobStore } from '../../../shared/jobs/job-store.ts';
import type { WebhookMessage } from '../../../shared/jobs/webhooks/records.ts';
import { crashed, newStart, newUpload, rejected, sha256Of, succeeded } from '../../helpers/job-records.ts';
import type { OpenedJobStore } from '../opened-job-store.ts';
import { ALL, ENDPOINTS, LATER, OF_SHOP, type Open, OTHER, SHOP, told } from './told.ts';

/** What every {@link JobStore} has for endpoints to be told. */
export function describeMessages(name: string, open: Open): void {
  describe(`${name}: webhooks`, () => {
    let opened: OpenedJobStore;
    let store: JobStore;
    beforeAll(async () => {
      opened = await open(() => ENDPOINTS);
      store = opened.store;
    });
    afterAll(() => opened.dispose());
    const { accepted, bodyOf, borrow, ended, eventsOf, forget, one, settle } = told(() => store);
    /** All tests see all of it. */
    afterEach(forget);

    test('how a job has ended is told, with what its client has said', async () => {
      const metadata = { order: '1234' };
      const { image, job } = await ended(succeeded, { image: { metadata } });
      const message = one(await borrow());
      expect(message).toMatchObject({ endpoint: ALL, event: 'image.ready', imageId: image.id, tries: 1 });
      expect(bodyOf(message)).toEqual({
        type: 'image.ready',
        timestamp: new Date(3_000).toISOString(),
        data: {
          imageId: image.id,
          jobId: job.id,
          tenant: SHOP,
          status: 'succeeded',
          reason: 'uploaded',
          links: { self: `/images/${image.id}`, job: `/jobs/${job.id}` },
          metadata,
          variants: [
            expect.objectContaining({
              name: 'thumb',
              url: `/images/${image.id}/thumb.${sha256Of('thumb').slice(0, 16)}.jpg`,
            }),
          ],
        },
      });
      const failed = await ended(rejected);
      expect(bodyOf(one(await borrow()))).toMatchObject({
        type: 'image.failed',
        data: { imageId: failed.image.id, failure: 'image_unreadable', metadata: null },
      });
      const quarantined = await ended((start) => ({ ...crashed(start), next: 'quarantined' }));
      expect(bodyOf(one(await borrow()))).toMatchObject({
        type: 'image.quarantined',
        data: { imageId: quarantined.image.id, status: 'quarantined' },
      });
    });

    test('an endpoint is told of its tenant, and of what it asks for', async () => {
      await ended(rejected);
      const ready = await ended();
      await ended(succeeded, { image: { tenant: OTHER } });
      expect(one(await borrow(LATER, { endpoint: OF_SHOP }))).toMatchObject({ imageId: ready.image.id });
      expect(eventsOf(await borrow())).toEqual(['image.failed', 'image.ready', 'image.ready']);
    });

    test('who shares the run of another is told of their own image, whether it has ended or is still to', async () => {
      const image = { sha256: sha256Of(newRunId()) };
      const leader = await accepted({ image });
      const follower = await accepted({ image });
      const start = newStart(leader.job);
      await store.startRun(start);
      await store.finishRun(succeeded(start));
      const late = await accepted({ image });
      const told = await borrow();
      expect(told.map(bodyOf).map(({ data }) => ('jobId' in data ? data.jobId : null))).toHaveLength(3);
      expect(new Set(told.map(({ imageId }) => imageId))).toEqual(
        new Set([leader, follower, late].map((it) => it.image.id)),
      );
    });

    test('what is made anew is told as that', async () => {
      const { image } = await ended();
      await settle(one(await borrow()), { outcome: 'delivered' });
      const { toRun } = await store.queueReprocess({
        preset: DEFAULT_PRESET,
        pipelineVersion: 9,
        since: 0,
        limit: 50,
        at: 6_000,
        requestId: 'r',
      });
      const work = toRun.find(({ imageId }) => imageId === image.id);
      const start = newStart({ id: work?.jobId } as Parameters<typeof newStart>[0]);
      await store.startRun(start);
      await store.finishRun(rejected(start));
      const message = (await borrow()).find(({ imageId }) => imageId === image.id);
      expect(message && bodyOf(message)).toMatchObject({
        type: 'image.failed',
        data: { reason: 'reprocessed' },
      });
    });

    test('what an image had of its client is told no more when it is deleted, and nothing but that when it is erased', async () => {
      const metadata = { owner: 'u-81' };
      const deleted = await ended(succeeded, { image: { metadata } });
      const erased = await ended(succeeded, { image: { metadata } });
      await store.deleteImage(deleted.image.id, SHOP, 5_000, 'expired');
      await store.eraseImages({ tenant: SHOP, images: [erased.image.id], at: 5_000, runsEndBy: 5_000 });
      const told = await borrow();
      expect(JSON.stringify(told)).not.toContain('u-81');
      expect(eventsOf(told)).toEqual(['image.deleted', 'image.ready']);
      const gone = told.find(({ event }) => event === 'image.deleted') as WebhookMessage;
      expect(bodyOf(gone)).toEqual({
        type: 'image.deleted',
        timestamp: new Date(5_000).toISOString(),
        data: { imageId: erased.image.id, tenant: SHOP, status: 'deleted', reason: 'erased' },
      });
      await store.eraseRest({ tenant: SHOP, at: 5_000, limit: 50 });
      const { deliveries } = await store.listDeliveries({ endpoint: ALL, limit: 50 });
      expect(deliveries.map(({ event }) => event)).toEqual(['image.deleted', 'image.deleted']);
    });
  });

  test(`${name}: where there is no endpoint, nothing is written`, async () => {
    const { store, dispose } = await open(() => []);
    const upload = newUpload();
    await store.acceptUpload(upload);
    const start = newStart(upload.job);
    await store.startRun(start);
    await store.finishRun(succeeded(start));
    await store.deleteImage(upload.image.id, upload.image.tenant, 5_000);
    expect(await store.webhookStates()).toEqual([]);
    await dispose();
  });
}
