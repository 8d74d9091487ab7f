import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { newRunId, Tenant } from '../../shared/domain/ids.ts';
import { DEFAULT_PRESET } from '../../shared/domain/preset.ts';
import { EndpointId, type Subscription, WEBHOOK_EVENTS, WebhookBody } from '../../shared/domain/webhook.ts';
import type { JobStore } from '../../shared/jobs/job-store.ts';
import {
  KEPT_MS,
  TOLD_WITHIN_MS,
  type TryEnd,
  type WebhookMessage,
} from '../../shared/jobs/webhooks/records.ts';
import { crashed, newStart, newUpload, rejected, sha256Of, succeeded } from '../helpers/job-records.ts';
import type { OpenedJobStore } from './job-store.ts';

type Open = (webhooks: () => readonly Subscription[]) => Promise<OpenedJobStore>;

const SHOP = Tenant.parse('shop');
const OTHER = Tenant.parse('other');
const ALL = EndpointId.parse('all');
const OF_SHOP = EndpointId.parse('of-shop');
const ENDPOINTS: Subscription[] = [
  { id: ALL, tenant: null, events: WEBHOOK_EVENTS.filter((event) => event !== 'image.changed') },
  { id: OF_SHOP, tenant: SHOP, events: ['image.ready', 'image.deleted'] },
];
/** After all that the tests do. */
const LATER = 100_000;

/** What every {@link JobStore} keeps for endpoints until they have been told it. */
export function describeWebhooks(name: string, open: Open): void {
  describe(`${name}: webhooks`, () => {
    let opened: OpenedJobStore;
    let store: JobStore;
    beforeAll(async () => {
      opened = await open(() => ENDPOINTS);
      store = opened.store;
    });
    afterAll(() => opened.dispose());
    /** All tests see all of it. */
    afterEach(async () => {
      for (const id of [ALL, OF_SHOP]) await store.enableWebhook(id);
      await store.sweepWebhooks(LATER + 10 * KEPT_MS);
      await store.sweepWebhooks(LATER + 10 * KEPT_MS);
    });

    async function accepted(given: Parameters<typeof newUpload>[0] = {}) {
      const upload = newUpload({ ...given, image: { tenant: SHOP, ...given.image } });
      const job = await store.acceptUpload(upload);
      if (typeof job === 'string') throw new Error(job);
      return { ...upload, job };
    }

    async function ended(end = succeeded, given = {}) {
      const upload = await accepted(given);
      const start = newStart(upload.job);
      await store.startRun(start);
      await store.finishRun(end(start));
      return upload;
    }

    const borrow = (at = LATER, { endpoint = ALL, limit = 50 } = {}) =>
      store.borrowWebhooks({ endpoints: [{ id: endpoint, limit }], at, leaseMs: 1_000, lease: newRunId() });
    const settle = ({ id, lease }: WebhookMessage, end: TryEnd, at = LATER) =>
      store.settleWebhook({ id, lease, at, end });
    const bodyOf = ({ body }: WebhookMessage) => WebhookBody.parse(JSON.parse(body));
    const eventsOf = (messages: WebhookMessage[]) => messages.map(({ event }) => event).toSorted();
    const one = (messages: WebhookMessage[]) => {
      expect(messages).toHaveLength(1);
      return messages[0] as WebhookMessage;
    };

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

    test('of each image one comes after the other, when that was told or given up; other images go on', async () => {
      const { image } = await ended();
      await store.deleteImage(image.id, SHOP, 5_000);
      const other = await ended();
      const both = await borrow();
      expect(eventsOf(both)).toEqual(['image.ready', 'image.ready']);
      const [first] = both.filter(({ imageId }) => imageId === image.id) as [WebhookMessage];
      expect(await borrow()).toEqual([]);
      expect(await settle(first, { outcome: 'failed', why: 'no', inMs: 5_000 })).toBe('waiting');
      expect(await borrow(LATER + 999)).toEqual([]);
      // The other one's lease is over.
      expect(one(await borrow(LATER + 4_999)).imageId).toBe(other.image.id);
      const again = one(await borrow(LATER + 5_000));
      expect(again).toMatchObject({ id: first.id, tries: 2, event: 'image.ready' });
      expect(await settle(again, { outcome: 'delivered' })).toBe('delivered');
      expect(one(await borrow(LATER + 5_500))).toMatchObject({ imageId: image.id, event: 'image.deleted' });
    });

    test('what comes about while the one before is being told follows it at once', async () => {
      const { image } = await ended();
      const first = one(await borrow());
      await store.deleteImage(image.id, SHOP, LATER + 5);
      expect(await borrow(LATER + 5)).toEqual([]);
      await settle(first, { outcome: 'delivered' }, LATER + 9);
      const second = one(await borrow(LATER + 9));
      expect(second).toMatchObject({ imageId: image.id, event: 'image.deleted' });
      await settle(second, { outcome: 'failed', why: 'no', inMs: 500 }, LATER + 10);
      expect(await borrow(LATER + 509)).toEqual([]);
      expect(await borrow(LATER + 510)).toHaveLength(1);
    });

    test('who has lost the lease has no say any more', async () => {
      await ended();
      const lost = one(await borrow());
      const held = one(await borrow(LATER + 1_000));
      expect(held.id).toBe(lost.id);
      expect(await settle(lost, { outcome: 'delivered' })).toBeNull();
      expect(await settle(held, { outcome: 'delivered' })).toBe('delivered');
      expect(await settle(held, { outcome: 'gone', why: 'late' })).toBeNull();
    });

    test('what we have interrupted counts for nothing, and after a crash all is free', async () => {
      await ended();
      expect(await settle(one(await borrow()), { outcome: 'interrupted' })).toBe('waiting');
      expect(one(await borrow())).toMatchObject({ tries: 1 });
      expect(await borrow()).toEqual([]);
      await store.releaseWebhooks(LATER);
      expect(one(await borrow())).toMatchObject({ tries: 2 });
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

    test('an endpoint that is gone is told nothing until it is enabled; then what has waited goes on', async () => {
      await ended();
      const message = one(await borrow());
      expect(await settle(message, { outcome: 'gone', why: 'it answered with 410' })).toBe('waiting');
      await ended();
      expect(await borrow()).toEqual([]);
      const state = async () => (await store.webhookStates()).find(({ id }) => id === ALL);
      expect(await state()).toMatchObject({
        disabled: { at: LATER, why: 'it answered with 410' },
        failed: { at: LATER, why: 'it answered with 410' },
        waiting: 2,
        oldestAt: 3_000,
      });
      expect(await store.enableWebhook(ALL)).toBe(true);
      expect(await store.enableWebhook(ALL)).toBe(false);
      const both = await borrow();
      expect(both).toHaveLength(2);
      for (const it of both) await settle(it, { outcome: 'delivered' }, LATER + 7);
      expect(await state()).toMatchObject({
        disabled: null,
        succeededAt: LATER + 7,
        waiting: 0,
        oldestAt: null,
      });
    });

    test('what could not be told in time is given up: by its try, or where none is made', async () => {
      await ended(rejected);
      const late = 3_000 + TOLD_WITHIN_MS;
      const message = one(await borrow(late - 1));
      expect(await store.sweepWebhooks(late)).toEqual({ givenUp: 0, forgotten: 0 });
      expect(await settle(message, { outcome: 'failed', why: 'no', inMs: 1 }, late)).toBe('given_up');
      await ended(rejected);
      expect(await store.sweepWebhooks(late)).toMatchObject({ givenUp: 1 });
      expect(await borrow(late)).toEqual([]);
      const { deliveries } = await store.listDeliveries({ endpoint: ALL, status: 'given_up', limit: 50 });
      expect(deliveries.map(({ failure }) => failure).toSorted()).toEqual(['no', null]);
      await store.sweepWebhooks(3_000 + KEPT_MS);
      expect(await store.listDeliveries({ endpoint: ALL, limit: 50 })).toEqual({
        deliveries: [],
        next: null,
      });
    });

    test('what was told is told again in its order, page by page, with the same ids', async () => {
      const { image } = await ended();
      await store.deleteImage(image.id, SHOP, 5_000);
      await ended(rejected);
      const told: WebhookMessage[] = [];
      for (let round = 0; round < 2; round++)
        for (const message of await borrow()) {
          told.push(message);
          await settle(message, { outcome: 'delivered' });
        }
      expect(told).toHaveLength(3);
      expect(await borrow()).toEqual([]);
      const order = { endpoint: ALL, since: 3_000, at: LATER, limit: 2 };
      const page = await store.replayWebhooks(order);
      expect(page).toMatchObject({ queued: 2, next: expect.anything() });
      const last = await store.replayWebhooks({ ...order, after: page.next ?? undefined });
      expect(last).toEqual({ queued: 1, next: null });
      const again = await borrow();
      expect(eventsOf(again)).toEqual(['image.failed', 'image.ready']);
      expect(again.every(({ id, tries }) => tries === 1 && told.some((it) => it.id === id))).toBe(true);
      for (const message of again) await settle(message, { outcome: 'delivered' });
      expect(eventsOf(await borrow())).toEqual(['image.deleted']);
      const some = { ...order, since: 5_000, event: 'image.ready' as const };
      expect(await store.replayWebhooks(some)).toEqual({ queued: 0, next: null });
      expect(await store.replayWebhooks({ ...order, since: 5_001 })).toEqual({ queued: 0, next: null });
    });

    test('lists what there is from the newest, page by page', async () => {
      const { image } = await ended();
      await store.deleteImage(image.id, SHOP, 5_000);
      const first = await store.listDeliveries({ endpoint: ALL, limit: 1 });
      expect(first.deliveries).toEqual([
        expect.objectContaining({
          event: 'image.deleted',
          status: 'waiting',
          imageId: image.id,
          createdAt: 5_000,
          tries: 0,
        }),
      ]);
      const second = await store.listDeliveries({ endpoint: ALL, limit: 1, after: first.next ?? undefined });
      expect(second).toMatchObject({ deliveries: [{ event: 'image.ready' }], next: null });
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
