import { describe, expect, test } from 'vitest';
import { DEFAULT_TENANT, type Tenant } from '../../../shared/domain/ids.ts';
import type { JobStore } from '../../../shared/jobs/job-store.ts';
import type { QuarantineCursor } from '../../../shared/jobs/records.ts';
import { crashed, DECODER, type NewUpload, settledAlone } from '../../helpers/job-records.ts';
import { acceptAndStart, type Stores } from './stores.ts';

/** What every {@link JobStore} does with bytes that have crashed the decoder. */
export function describeQuarantine(name: string, { opened, shared }: Stores): void {
  describe(`${name}: quarantine`, () => {
    const bytesOf = ({ image }: NewUpload) => ({ tenant: image.tenant, sha256: image.sha256 });

    async function quarantine(store: JobStore, at = 3_000) {
      const { upload, start } = await acceptAndStart(store);
      const end = { ...crashed(start), next: 'quarantined' as const, at };
      expect(await store.finishRun(end)).toEqual(settledAlone(false));
      return { upload, end };
    }

    test('bytes are quarantined with the end of the run, for their tenant and that decoder', async () => {
      const store = await shared();
      const { upload, end } = await quarantine(store);
      const bytes = bytesOf(upload);
      expect((await store.findJob(upload.job.id))?.job).toMatchObject({
        state: 'quarantined',
        failure: 'worker_crashed',
      });
      expect(await store.isQuarantined({ ...bytes, decoder: DECODER })).toBe(true);
      expect(await store.isQuarantined({ ...bytes, decoder: 'another' })).toBe(false);
      expect(await store.isQuarantined({ ...bytes, tenant: 'other' as Tenant, decoder: DECODER })).toBe(
        false,
      );
      const { quarantined } = await store.listQuarantine({ tenant: bytes.tenant, limit: 100 });
      expect(quarantined.find(({ sha256 }) => sha256 === bytes.sha256)).toEqual({
        ...bytes,
        decoder: DECODER,
        imageId: upload.image.id,
        jobId: upload.job.id,
        signal: 'SIGSEGV',
        exitCode: null,
        at: end.at,
      });
    });

    test('a late run quarantines nothing', async () => {
      const store = await shared();
      const { upload, start } = await acceptAndStart(store);
      await store.deleteImage(upload.image.id, DEFAULT_TENANT, 2_500);
      expect(await store.finishRun({ ...crashed(start), next: 'quarantined' })).toBeNull();
      expect(await store.isQuarantined({ ...bytesOf(upload), decoder: DECODER })).toBe(false);
    });

    test('stays when the image is deleted, and ends when it is released, once', async () => {
      const store = await shared();
      const { upload } = await quarantine(store);
      const bytes = bytesOf(upload);
      await store.deleteImage(upload.image.id, DEFAULT_TENANT, 4_000);
      expect(await store.isQuarantined({ ...bytes, decoder: DECODER })).toBe(true);
      expect(await store.releaseQuarantined(bytes)).toBe(true);
      expect(await store.isQuarantined({ ...bytes, decoder: DECODER })).toBe(false);
      expect(await store.releaseQuarantined(bytes)).toBe(false);
    });

    test('is listed from the newest, page by page', async () => {
      const { store } = await opened();
      const made = [];
      for (const at of [3_001, 3_002, 3_002, 3_003]) made.push(await quarantine(store, at));
      const tenant = made[0]?.upload.image.tenant as Tenant;
      const seen: number[] = [];
      for (let after: QuarantineCursor | null | undefined; after !== null; ) {
        const page = await store.listQuarantine({ tenant, limit: 1, ...(after && { after }) });
        seen.push(...page.quarantined.map(({ at }) => at));
        after = page.next;
      }
      expect(seen).toEqual([3_003, 3_002, 3_002, 3_001]);
    });
  });
}
