import { describe, expect, test } from 'vitest';
import { DEFAULT_TENANT, newImageId, newJobId, Tenant } from '../../../shared/domain/ids.ts';
import { StoreError } from '../../../shared/errors.ts';
import type { JobStore } from '../../../shared/jobs/job-store.ts';
import { newUpload } from '../../helpers/job-records.ts';
import { accept, type Stores } from './stores.ts';

const OTHER_TENANT = Tenant.parse('other');

/** What every {@link JobStore} keeps of an upload. */
export function describeAccepting(name: string, { shared }: Stores): void {
  describe(`${name}: accepting`, () => {
    test('finds an image and its job as they were accepted', async () => {
      const store = await shared();
      const metadata = { caption: 'Été 🏔', tags: ['a', null, { deep: 1.5 }] };
      const { image, job } = await accept(store, { image: { metadata } });
      expect(await store.findImage(image.id, null)).toEqual({ image, job, set: null });
      expect(await store.findImage(image.id, image.tenant)).toEqual({ image, job, set: null });
      expect(await store.findImage(image.id, OTHER_TENANT)).toBeNull();
      expect(await store.findJob(job.id)).toEqual({ job, tenant: DEFAULT_TENANT, runs: [] });
    });

    test('finds nothing under ids that nobody has', async () => {
      const store = await shared();
      expect(await store.findImage(newImageId(), null)).toBeNull();
      expect(await store.findJob(newJobId())).toBeNull();
    });

    test('keeps all or nothing of each of many concurrent uploads, and one that fails takes no other with it', async () => {
      const store = await shared();
      const taken = await accept(store);
      // Every third brings a job id that exists: its image row fits, its job row does not.
      const uploads = Array.from({ length: 150 }, (_, index) =>
        newUpload(index % 3 === 0 ? { job: { id: taken.job.id } } : {}),
      );
      const answers = await Promise.allSettled(uploads.map((upload) => store.acceptUpload(upload)));
      for (const [index, upload] of uploads.entries()) {
        const bad = index % 3 === 0;
        expect(answers[index]?.status).toBe(bad ? 'rejected' : 'fulfilled');
        const { image, job } = upload;
        expect(await store.findImage(image.id, null)).toEqual(bad ? null : { image, job, set: null });
      }
      expect(await store.findJob(taken.job.id)).toEqual({ job: taken.job, tenant: DEFAULT_TENANT, runs: [] });
    });

    test('refuses with a StoreError what it cannot keep', async () => {
      const store = await shared();
      const upload = await accept(store);
      await expect(store.acceptUpload(upload)).rejects.toBeInstanceOf(StoreError);
    });
  });
}
