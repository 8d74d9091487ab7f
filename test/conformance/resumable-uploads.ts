import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  DEFAULT_TENANT,
  type HoldId,
  newHoldId,
  newImageId,
  newJobId,
  newUploadId,
  type Tenant,
  type UploadId,
} from '../../shared/domain/ids.ts';
import type { NewResumableUpload, UploadPart } from '../../shared/domain/resumable.ts';
import type { JobStore } from '../../shared/jobs/job-store.ts';
import { newUpload } from '../helpers/job-records.ts';
import type { OpenedJobStore } from './opened-job-store.ts';

const NOW = 1_000_000;
const TTL_MS = 60_000;
const ROOM = { most: 1_000_000, isShared: false };

/** What every {@link JobStore} does with uploads that come in several requests: one request at a time adds to one, and no byte is lost. */
export function describeResumableUploads(name: string, open: () => Promise<OpenedJobStore>): void {
  describe(`${name}: resumable uploads`, () => {
    let opened: OpenedJobStore;
    let store: JobStore;
    beforeAll(async () => {
      opened = await open();
      store = opened.store;
    });
    afterAll(() => opened.dispose());

    const newOne = (given: Partial<NewResumableUpload> = {}): NewResumableUpload => ({
      id: newUploadId(),
      tenant: DEFAULT_TENANT,
      bytes: 100,
      metadata: 'preset ZGVmYXVsdA==',
      fields: { preset: 'default' },
      createdAt: NOW,
      until: NOW + TTL_MS,
      ...given,
    });

    async function begun(given: Partial<NewResumableUpload> = {}): Promise<UploadId> {
      const upload = newOne(given);
      expect(await store.beginUpload(upload, ROOM)).not.toBe('no_place');
      return upload.id;
    }

    const held = (id: UploadId, hold: HoldId, received = 0, at = NOW) =>
      store.holdUpload({ id, tenant: DEFAULT_TENANT, hold, received, at });

    const part = (hold: HoldId, at: number, bytes: number): UploadPart => ({ hold, at, bytes });

    const find = (id: UploadId, at = NOW) => store.findUpload(id, DEFAULT_TENANT, at);

    test('one that is begun is found by its tenant, open and empty', async () => {
      const upload = newOne();
      const as = {
        ...upload,
        state: 'open',
        received: 0,
        parts: [],
        accepted: null,
        refusal: null,
        isOver: false,
      };
      expect(await store.beginUpload(upload, ROOM)).toEqual(as);
      expect(await find(upload.id)).toEqual(as);
      expect(await store.findUpload(upload.id, 'other' as Tenant, NOW)).toBeNull();
      expect(await find(upload.id, NOW + TTL_MS)).toMatchObject({ isOver: true });
    });

    test('begun again it is the one that was there', async () => {
      const id = await begun();
      const again = newOne({ id, bytes: 7 });
      expect(await store.beginUpload(again, { most: 0, isShared: false })).toMatchObject({ id, bytes: 100 });
    });

    test('who holds it adds parts; whoever held it before does not any more', async () => {
      const id = await begun();
      const [first, second] = [newHoldId(), newHoldId()];
      await held(id, first);
      expect(await store.addToUpload(id, first, [part(first, 0, 40)])).toBe(true);
      expect(await held(id, second, 40)).toMatchObject({ received: 40, parts: [part(first, 0, 40)] });
      expect(await store.addToUpload(id, first, [part(first, 0, 40), part(first, 40, 60)])).toBe(false);
      expect(await store.addToUpload(id, second, [part(first, 0, 40), part(second, 40, 5)])).toBe(true);
      expect(await find(id)).toMatchObject({ received: 45 });
    });

    test('who thinks of other bytes than there are does not take it from who holds it', async () => {
      const id = await begun();
      const [first, second] = [newHoldId(), newHoldId()];
      await held(id, first);
      await store.addToUpload(id, first, [part(first, 0, 40)]);
      expect(await held(id, second, 0)).toMatchObject({ received: 40 });
      expect(await store.addToUpload(id, first, [part(first, 0, 40), part(first, 40, 1)])).toBe(true);
    });

    test('one whose time is over is not to be held', async () => {
      const id = await begun();
      const hold = newHoldId();
      expect(await held(id, hold, 0, NOW + TTL_MS)).toMatchObject({ isOver: true });
      expect(await store.addToUpload(id, hold, [part(hold, 0, 1)])).toBe(false);
    });

    test('an end is for good, and what was said of it is forgotten', async () => {
      const [id, hold] = [await begun(), newHoldId()];
      const accepted = { image: newImageId(), job: newJobId() };
      await held(id, hold);
      await store.endUpload(id, { state: 'accepted', ...accepted });
      await store.endUpload(id, { state: 'refused', refusal: 'unsupported_format' });
      const ended = { state: 'accepted', accepted, refusal: null, metadata: '', fields: {}, parts: [] };
      expect(await find(id)).toMatchObject(ended);
      expect(await store.addToUpload(id, hold, [part(hold, 0, 1)])).toBe(false);
      const refused = await begun();
      await store.endUpload(refused, { state: 'refused', refusal: 'unsupported_format' });
      expect(await find(refused)).toMatchObject({ state: 'refused', refusal: 'unsupported_format' });
    });

    test('whole ones are to be accepted, and those whose time is over are to go', async () => {
      const [whole, half, old, ended] = [
        await begun(),
        await begun(),
        await begun({ until: NOW - 1 }),
        await begun(),
      ];
      for (const [id, bytes] of [[whole, 100] as const, [half, 99] as const]) {
        const hold = newHoldId();
        await held(id, hold);
        await store.addToUpload(id, hold, [part(hold, 0, bytes)]);
      }
      await store.endUpload(ended, { state: 'refused', refusal: 'quarantined' });
      const found = await store.uploadsToTidy(NOW, 1_000);
      expect(found.whole.map(({ id }) => id)).toEqual([whole]);
      expect(found.over).toEqual([old]);
      expect(await store.openUploadsAmong([whole, ended, newUploadId()])).toEqual([whole]);
      await store.dropUpload(old);
      expect((await store.uploadsToTidy(NOW, 1_000)).over).toEqual([]);
      await store.dropUpload(whole);
    });
  });

  describe(`${name}: places of resumable uploads`, () => {
    let opened: OpenedJobStore;
    let store: JobStore;
    beforeAll(async () => {
      opened = await open();
      store = opened.store;
    });
    afterAll(() => opened.dispose());

    const begin = async (most: number, tenant = DEFAULT_TENANT, isShared = false) => {
      const until = NOW + TTL_MS;
      const said = { metadata: '', fields: {}, createdAt: NOW };
      const upload = { id: newUploadId(), tenant, bytes: 1, until, ...said };
      return (await store.beginUpload(upload, { most, isShared })) === 'no_place' ? null : upload.id;
    };

    test('of many that come at once as many are begun as there are places', async () => {
      const begun = await Promise.all(Array.from({ length: 12 }, () => begin(5)));
      const ids = begun.filter((id) => id !== null);
      expect(ids).toHaveLength(5);
      for (const id of ids) await store.dropUpload(id);
    });

    test('each tenant leaves as many free as it takes, where there are several', async () => {
      const other = 'other' as Tenant;
      const begun: (UploadId | null)[] = [];
      for (const tenant of [DEFAULT_TENANT, DEFAULT_TENANT, DEFAULT_TENANT, other, other])
        begun.push(await begin(4, tenant, true));
      expect(begun.map((id) => id !== null)).toEqual([true, true, false, true, false]);
      for (const id of begun) if (id) await store.dropUpload(id);
    });

    test('it is taken until the picture is made', async () => {
      const id = await begin(1);
      const accepted = newUpload();
      await store.acceptUpload({ ...accepted, hasPlace: true });
      const { image, jobId: job } = accepted;
      if (id) await store.endUpload(id, { state: 'accepted', image: image.id, job });
      expect(await begin(1)).toBeNull();
      await store.deleteImage(image.id, DEFAULT_TENANT, NOW);
      expect(await begin(1), 'its job does not wait any more').not.toBeNull();
    });
  });
}
