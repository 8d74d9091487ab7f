import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newClaimId, type Sha256, Tenant } from '../../shared/domain/ids.ts';
import { DEFAULT_PRESET } from '../../shared/domain/preset.ts';
import { nothingUsed, type Quota } from '../../shared/domain/usage.ts';
import type { JobStore } from '../../shared/jobs/job-store.ts';
import { seededRandom } from '../fixtures/headers/seeded-random.ts';
import {
  MANIFEST,
  type NewUpload,
  newStart,
  newUpload,
  rejected,
  sha256Of,
  succeeded,
} from '../helpers/job-records.ts';
import type { OpenedJobStore } from './opened-job-store.ts';

const [{ bytes: SET_BYTES } = { bytes: 0 }] = MANIFEST.variants;
const LATER = 4_000;

/** How every {@link JobStore} counts what tenants have. */
export function describeUsage(name: string, open: () => Promise<OpenedJobStore>): void {
  describe(`${name}: what a tenant has`, () => {
    let opened: OpenedJobStore;
    let store: JobStore;
    beforeAll(async () => {
      opened = await open();
      store = opened.store;
    });
    afterAll(() => opened.dispose());

    const newTenant = () => Tenant.parse(`t${randomUUID().slice(0, 8)}`);
    const uploadOf = (tenant: Tenant, bytes: number, sha256: Sha256 = sha256Of(randomUUID())) =>
      newUpload({ image: { tenant, bytes, sha256 } });

    async function run({ job }: NewUpload): Promise<void> {
      const start = newStart(job);
      await store.startRun(start);
      await store.finishRun(succeeded(start));
    }

    test('is counted with each change of it, and so is what several images share, once', async () => {
      const tenant = newTenant();
      expect(await store.usageOf(tenant)).toEqual(nothingUsed(tenant));
      const first = uploadOf(tenant, 1_000);
      await store.acceptUpload(first);
      expect(await store.usageOf(tenant)).toEqual({
        tenant,
        images: 1,
        originalBytes: 1_000,
        variantBytes: 0,
      });
      await run(first);
      const second = uploadOf(tenant, 1_000, first.image.sha256);
      await store.acceptUpload(second);
      const both = { tenant, images: 2, originalBytes: 2_000, variantBytes: SET_BYTES };
      expect(await store.usageOf(tenant)).toEqual(both);
      await store.releaseOriginals({ images: [first.image.id], keptMs: 0, at: LATER });
      expect(await store.usageOf(tenant)).toEqual({ ...both, originalBytes: 1_000 });
      await store.deleteImage(first.image.id, tenant, LATER);
      expect(await store.usageOf(tenant)).toEqual({ ...both, images: 1, originalBytes: 1_000 });
      await store.deleteImage(second.image.id, tenant, LATER);
      expect(await store.usageOf(tenant)).toEqual(nothingUsed(tenant));
    });

    test('does not become more by what is refused', async () => {
      const tenant = newTenant();
      expect(await store.acceptUpload({ ...uploadOf(tenant, 10), needsTwin: true })).toBe('no_twin');
      const claim = { id: newClaimId(), fingerprint: sha256Of('it') };
      for (const quota of [undefined, { bytes: 100, images: null }]) {
        const upload = { ...uploadOf(tenant, 10), claim, ...(quota && { quota }) };
        expect(await store.acceptUpload(upload)).toBe('claim_lost');
      }
      const taken = uploadOf(tenant, 10);
      await store.acceptUpload(taken);
      await expect(store.acceptUpload(taken)).rejects.toThrow();
      expect(await store.usageOf(tenant)).toMatchObject({ images: 1, originalBytes: 10 });
    });

    test('is never above its quota, however many come at once', async () => {
      for (const [quota, fit] of [
        [{ bytes: 70, images: null }, 7],
        [{ bytes: null, images: 5 }, 5],
        [{ bytes: 70, images: 5 }, 5],
      ] as const satisfies [Quota, number][]) {
        const tenant = newTenant();
        const uploads = Array.from({ length: 20 }, () => ({ ...uploadOf(tenant, 10), quota }));
        const answers = await Promise.all(uploads.map((upload) => store.acceptUpload(upload)));
        expect(answers.filter((answer) => answer === 'over_quota')).toHaveLength(20 - fit);
        expect(await store.usageOf(tenant)).toMatchObject({ images: fit, originalBytes: 10 * fit });
        const kept = uploads.find((_, index) => answers[index] !== 'over_quota');
        if (!kept) throw new Error('none was accepted');
        await store.deleteImage(kept.image.id, tenant, LATER);
        expect(await store.acceptUpload({ ...uploadOf(tenant, 10), quota })).not.toBe('over_quota');
      }
    });

    test('is the same when it is added up, and what is added up for many is that of each', async () => {
      const [one, other] = [newTenant(), newTenant()];
      for (const tenant of [one, other, one]) await store.acceptUpload(uploadOf(tenant, 10));
      const before = await Promise.all([one, other].map((tenant) => store.usageOf(tenant)));
      expect(await store.foldUsage()).toBeGreaterThanOrEqual(3);
      expect(await store.foldUsage()).toBe(0);
      expect(await Promise.all([one, other].map((tenant) => store.usageOf(tenant)))).toEqual(before);
      await store.acceptUpload(uploadOf(one, 5));
      await store.foldUsage();
      expect(await store.usageOf(one)).toMatchObject({ images: 3, originalBytes: 25 });
    });

    test('after anything in any order it is what a count of everything finds', async () => {
      const random = seededRandom(20_261_130);
      const pick = <T>(all: readonly T[]): T | undefined => all[Math.floor(random() * all.length)];
      const tenants = [newTenant(), newTenant()];
      const contents = Array.from({ length: 6 }, () => sha256Of(randomUUID()));
      const preset = { ...DEFAULT_PRESET, name: `p${randomUUID().slice(0, 8)}` };
      const uploads: NewUpload[] = [];
      const accept = async () => {
        const [tenant, sha256] = [pick(tenants), pick(contents)];
        if (!tenant || !sha256) return;
        const bytes = 1 + Math.floor(random() * 1_000);
        const upload = newUpload({ image: { tenant, sha256, bytes, preset: preset.name } });
        uploads.push(upload);
        await store.acceptUpload(upload);
      };
      const run = async () => {
        const work = (await store.queuedWork()).find((it) => it.preset === preset.name);
        if (!work) return;
        const start = { ...newStart(newUpload().job), jobId: work.jobId };
        await store.startRun(start);
        await store.finishRun((random() < 0.8 ? succeeded : rejected)(start));
      };
      const steps = [
        accept,
        accept,
        run,
        run,
        async () => {
          const image = pick(uploads)?.image;
          if (image) await store.deleteImage(image.id, image.tenant, LATER);
        },
        async () => {
          const images = await store.spentOriginals({ keptMs: 0, at: LATER, limit: 2 });
          await store.releaseOriginals({ images, keptMs: 0, at: LATER });
        },
        () =>
          store.queueReprocess({ preset, pipelineVersion: 9, since: 0, limit: 3, at: LATER, requestId: 'r' }),
        () => store.foldUsage(),
        () => store.requeueRunning(LATER),
      ];
      for (let step = 0; step < 120; step++) {
        const few = Array.from({ length: 1 + Math.floor(random() * 3) }, () => pick(steps));
        await Promise.all(few.map((it) => it?.()));
      }
      expect(uploads.length).toBeGreaterThan(20);
      const counted = await Promise.all(tenants.map((tenant) => store.usageOf(tenant)));
      expect(counted.some(({ variantBytes }) => variantBytes > 0)).toBe(true);
      expect(await store.recountUsage()).toBe(0);
    });
  });
}
