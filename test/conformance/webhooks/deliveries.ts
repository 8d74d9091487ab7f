import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { JobStore } from '../../../shared/jobs/job-store.ts';
import { KEPT_MS, TOLD_WITHIN_MS, type WebhookMessage } from '../../../shared/jobs/webhooks/records.ts';
import { rejected } from '../../helpers/job-records.ts';
import type { OpenedJobStore } from '../opened-job-store.ts';
import { ALL, ENDPOINTS, LATER, type Open, SHOP, told } from './told.ts';

/** What every {@link JobStore} keeps for endpoints until they have been told it, and how it goes with that. */
export function describeDeliveries(name: string, open: Open): void {
  describe(`${name}: webhooks`, () => {
    let opened: OpenedJobStore;
    let store: JobStore;
    beforeAll(async () => {
      opened = await open(() => ENDPOINTS);
      store = opened.store;
    });
    afterAll(() => opened.dispose());
    const { borrow, ended, eventsOf, forget, one, settle } = told(() => store);
    /** All tests see all of it. */
    afterEach(forget);

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
}
