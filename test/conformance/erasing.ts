import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { IdempotencyKey } from '../../shared/domain/idempotency.ts';
import { type ImageId, newClaimId, newImageId, newRunId, type Tenant } from '../../shared/domain/ids.ts';
import type { JobStore } from '../../shared/jobs/job-store.ts';
import {
  crashed,
  DECODER,
  MANIFEST,
  newStart,
  newUpload,
  settledAlone,
  sha256Of,
  succeeded,
} from '../helpers/job-records.ts';
import type { OpenedJobStore } from './opened-job-store.ts';

/** What every {@link JobStore} forgets of images of which nothing is to be left. */
export function describeErasing(name: string, open: () => Promise<OpenedJobStore>): void {
  describe(`${name}: erasing`, () => {
    let opened: OpenedJobStore;
    let store: JobStore;
    beforeAll(async () => {
      opened = await open();
      store = opened.store;
    });
    afterAll(() => opened.dispose());

    /** Each test has a tenant of its own, and sees nothing of the others. */
    let tenants = 0;
    const newTenant = (): Tenant => `eraser-${++tenants}` as string as Tenant;

    async function accepted(tenant: Tenant, bytes: string = newRunId()) {
      const upload = newUpload({ image: { tenant, sha256: sha256Of(bytes) } });
      const job = await store.acceptUpload(upload);
      if (typeof job === 'string') throw new Error(job);
      return { ...upload, job };
    }

    async function published(tenant: Tenant, bytes?: string) {
      const upload = await accepted(tenant, bytes);
      const start = newStart(upload.job);
      await store.startRun(start);
      expect(await store.finishRun(succeeded(start))).toEqual(settledAlone(true));
      return { ...upload, run: start.runId };
    }

    const erase = (tenant: Tenant, ...images: ImageId[]) =>
      store.eraseImages({ tenant, images, at: 5_000, runsEndBy: 9_000 });
    const filesOf = async (tenant: Tenant, at = 5_000) => store.listRemovals({ tenant, at, limit: 50 });
    const rest = (tenant: Tenant, at = 5_000) => store.eraseRest({ tenant, at, limit: 50 });
    const NOTHING = { images: 0, files: 0, bytes: 0, quarantined: 0, keys: 0, jobs: 0, uploads: 0 };

    test('forgets an image, its job and its runs, and names its files until they are removed', async () => {
      const tenant = newTenant();
      const { image, job, run } = await published(tenant);
      expect(await erase(tenant, image.id)).toEqual({
        ...NOTHING,
        images: 1,
        files: 1 + MANIFEST.variants.length,
        bytes: image.bytes + 9,
        jobs: 1,
        promoted: [],
      });
      expect(await store.findImage(image.id, tenant)).toBe('deleted');
      expect(await store.findJob(job.id)).toBeNull();
      expect(await store.publishedAmong([run])).toEqual([]);
      const { due, waitsMs } = await filesOf(tenant);
      expect(due).toHaveLength(2);
      expect(due).toEqual(
        expect.arrayContaining([
          { kind: 'original', id: image.id },
          { kind: 'set', id: run },
        ]),
      );
      expect(waitsMs).toBe(0);
      await store.forgetRemovals(due);
      expect(await filesOf(tenant)).toEqual({ due: [], waitsMs: null });
    });

    test('does nothing to what is gone, was never there, or is of another tenant', async () => {
      const [tenant, other] = [newTenant(), newTenant()];
      const { image } = await published(other);
      const gone = await published(tenant);
      await erase(tenant, gone.image.id);
      expect(await erase(tenant, image.id, gone.image.id, newImageId())).toEqual({
        ...NOTHING,
        promoted: [],
      });
      expect(await store.findImage(image.id, other)).toMatchObject({ image });
      expect((await filesOf(other)).due).toEqual([]);
    });

    test('leaves a set to the other images that show it, and takes it with the last of them', async () => {
      const tenant = newTenant();
      const first = await published(tenant, `shared ${tenant}`);
      const second = await accepted(tenant, `shared ${tenant}`);
      expect(second.job.state).toBe('succeeded');
      expect(await erase(tenant, first.image.id)).toMatchObject({ images: 1, files: 1, jobs: 0 });
      expect(await store.findImage(second.image.id, tenant)).toMatchObject({ set: { runId: first.run } });
      // A later upload of these bytes finds the set, which needs the job of its run.
      const third = await accepted(tenant, `shared ${tenant}`);
      expect(third.job.state).toBe('succeeded');
      expect(await erase(tenant, second.image.id, third.image.id)).toMatchObject({
        images: 2,
        files: 3,
        jobs: 3,
      });
      expect((await filesOf(tenant)).due).toContainEqual({ kind: 'set', id: first.run });
      expect(await store.findJob(first.job.id)).toBeNull();
    });

    test('a run that goes on ends for nothing, and what it has made is removed when it is over for certain', async () => {
      const tenant = newTenant();
      const upload = await accepted(tenant);
      const start = newStart(upload.job);
      await store.startRun(start);
      await erase(tenant, upload.image.id);
      expect(await store.finishRun(succeeded(start))).toBeNull();
      expect(await store.findImage(upload.image.id, tenant)).toBe('deleted');
      expect(await store.publishedAmong([start.runId])).toEqual([]);
      expect(await filesOf(tenant)).toEqual({
        due: [{ kind: 'original', id: upload.image.id }],
        waitsMs: 4_000,
      });
      expect((await filesOf(tenant, 9_000)).due).toContainEqual({ kind: 'set', id: start.runId });
    });

    test('a job that waits is run by nobody, and who waits with it runs itself', async () => {
      const [tenant] = [newTenant()];
      const leader = await accepted(tenant, `waits ${tenant}`);
      const follower = await accepted(tenant, `waits ${tenant}`);
      const { promoted, jobs } = await erase(tenant, leader.image.id);
      expect([promoted.map(({ jobId }) => jobId), jobs]).toEqual([[follower.job.id], 1]);
      expect(await store.startRun(newStart(leader.job))).toBeNull();
      expect(await store.startRun(newStart(follower.job))).not.toBeNull();
    });

    test('lets bytes in again that were quarantined, where no other image has them', async () => {
      const tenant = newTenant();
      const upload = await accepted(tenant, `kills ${tenant}`);
      const twin = await accepted(tenant, `kills ${tenant}`);
      const start = newStart(upload.job);
      await store.startRun(start);
      await store.finishRun({ ...crashed(start), next: 'quarantined' });
      const bytes = { tenant, sha256: upload.image.sha256, decoder: DECODER };
      expect(await erase(tenant, upload.image.id)).toMatchObject({ quarantined: 0 });
      expect(await store.isQuarantined(bytes)).toBe(true);
      expect(await erase(tenant, twin.image.id)).toMatchObject({ quarantined: 1 });
      expect(await store.isQuarantined(bytes)).toBe(false);
    });

    test('forgets the keys that brought the images, and lets one that is on its way end', async () => {
      const tenant = newTenant();
      const claim = async (key: string, until = 100_000) => {
        const id = newClaimId();
        expect(await store.claimKey({ id, tenant, key: key as IdempotencyKey, until }, 1_000)).toBe(
          'claimed',
        );
        return id;
      };
      const upload = newUpload({
        image: { tenant },
        claim: { id: await claim('brought'), fingerprint: sha256Of('a') },
      });
      await store.acceptUpload(upload);
      const underWay = await claim('under way');
      await claim('given up', 4_000);
      expect(await erase(tenant, upload.image.id)).toMatchObject({ keys: 1 });
      expect(await rest(tenant)).toEqual({ ...NOTHING, keys: 1, isUnderWay: true });
      await store.releaseClaim(underWay);
      expect(await rest(tenant)).toEqual({ ...NOTHING, isUnderWay: false });
      await claim('brought');
    });

    test('of a tenant it forgets what was left by images that were deleted before, and nothing of others', async () => {
      const [tenant, other] = [newTenant(), newTenant()];
      const before = await published(tenant);
      const staying = await published(other);
      const kept = await published(tenant);
      await store.deleteImage(before.image.id, tenant, 4_000);
      await store.deleteImage(staying.image.id, other, 4_000);
      expect(await rest(tenant)).toEqual({ ...NOTHING, jobs: 1, isUnderWay: false });
      expect(await store.findJob(before.job.id)).toBeNull();
      expect(await store.findJob(kept.job.id)).not.toBeNull();
      expect(await store.findJob(staying.job.id)).not.toBeNull();
    });
  });
}
