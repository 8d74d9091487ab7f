import { describe, expect, test } from 'vitest';
import { DEFAULT_TENANT, newJobId } from '../../../shared/domain/ids.ts';
import type { JobStore } from '../../../shared/jobs/job-store.ts';
import {
  crashed,
  MANIFEST,
  needOf,
  newStart,
  PRESET_DIGEST,
  rejected,
  succeeded,
} from '../../helpers/job-records.ts';
import { accept, acceptAndStart, type Stores } from './stores.ts';

/** What every {@link JobStore} does with a job that is retried by hand. */
export function describeRetrying(name: string, { shared }: Stores): void {
  describe(`${name}: retrying by hand`, () => {
    test.each(['failed', 'quarantined'] as const)(
      'a job that is %s is queued again, and what it has tried no longer counts',
      async (state) => {
        const store = await shared();
        const { upload, start } = await acceptAndStart(store);
        await store.finishRun({ ...crashed(start), next: state });
        const { image, job } = upload;
        expect(await store.retryJob(job.id, 5_000, MANIFEST.pipelineVersion)).toEqual({
          toRun: {
            jobId: job.id,
            imageId: image.id,
            ...needOf(image),
            preset: job.preset,
            requestId: job.requestId,
            format: image.header.format,
            recipeDigest: PRESET_DIGEST,
            isSuspect: false,
            isBatch: false,
          },
          retiredSets: [],
        });
        const found = await store.findJob(job.id);
        expect(found?.job).toMatchObject({ state: 'queued', failure: null, updatedAt: 5_000 });
        expect(found?.runs).toHaveLength(1);
        expect((await store.queuedWork()).map(({ jobId }) => jobId)).toContain(job.id);
        expect(await store.startRun({ ...newStart(job), at: 5_000 })).toEqual({
          outcomes: {},
          decoderDeaths: 0,
        });
      },
    );

    test('is told the state of a job that waits, runs or has succeeded', async () => {
      const store = await shared();
      const { upload, start } = await acceptAndStart(store);
      expect(await store.retryJob(upload.job.id, 5_000, MANIFEST.pipelineVersion)).toBe('running');
      await store.finishRun(succeeded(start));
      expect(await store.retryJob(upload.job.id, 5_000, MANIFEST.pipelineVersion)).toBe('succeeded');
      expect(await store.retryJob((await accept(store)).job.id, 5_000, MANIFEST.pipelineVersion)).toBe(
        'queued',
      );
      expect(await store.retryJob(newJobId(), 5_000, MANIFEST.pipelineVersion)).toBeNull();
    });

    test('does not wake the job of a deleted image', async () => {
      const store = await shared();
      const { upload, start } = await acceptAndStart(store);
      await store.finishRun(rejected(start));
      await store.deleteImage(upload.image.id, DEFAULT_TENANT, 4_000);
      expect(await store.retryJob(upload.job.id, 5_000, MANIFEST.pipelineVersion)).toBe('deleted');
    });
  });
}
