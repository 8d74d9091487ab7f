import { describe, expect, test } from 'vitest';
import type { IdempotencyKey } from '../../../shared/domain/idempotency.ts';
import { DEFAULT_TENANT, newClaimId } from '../../../shared/domain/ids.ts';
import { DEFAULT_PRESET } from '../../../shared/domain/preset.ts';
import { StoreError } from '../../../shared/errors.ts';
import type { JobStore } from '../../../shared/jobs/job-store.ts';
import { newStart, newUpload, succeeded } from '../../helpers/job-records.ts';
import type { Stores } from './stores.ts';

const PRESET_IMAGES = { preset: DEFAULT_PRESET, pipelineVersion: 1, since: 0, limit: 1 };

/** What every {@link JobStore} answers while it closes and after that. */
export function describeClosing(name: string, { opened }: Stores): void {
  describe(`${name}: closing`, () => {
    test('answers the calls that came before', async () => {
      const { store, reopen } = await opened();
      const uploads = Array.from({ length: 20 }, () => newUpload());
      const accepted = Promise.all(uploads.map((upload) => store.acceptUpload(upload)));
      await store.close();
      await accepted;
      const next = await reopen();
      expect(await next.queuedWork()).toHaveLength(20);
    });

    test('refuses every call that comes after with a StoreError', async () => {
      const { store } = await opened();
      await store.close();
      const upload = newUpload();
      const { image, job } = upload;
      const start = newStart(job);
      const calls = [
        store.claimKey({ id: newClaimId(), tenant: image.tenant, key: 'key' as IdempotencyKey, until: 2 }, 1),
        store.releaseClaim(newClaimId()),
        store.releaseAllClaims(),
        store.hasTwin({ ...image, recipeDigest: image.sha256, pipelineVersion: 1, isBatch: false }),
        store.acceptUpload(upload),
        store.startRun(start),
        store.finishRun(succeeded(start)),
        store.findImage(image.id, null),
        store.findJob(job.id),
        store.listJobs({ limit: 1 }),
        store.queuedWork(),
        store.deleteImage(image.id, DEFAULT_TENANT, 1),
        store.requeueRunning(1),
        store.publishedAmong([]),
        store.originalsKeptAmong([]),
        store.queueReprocess({ ...PRESET_IMAGES, at: 1, requestId: 'r' }),
        store.countReprocess(PRESET_IMAGES),
        store.findRecipe(image.sha256),
        store.keepWatermark({ sha256: image.sha256, png: new Uint8Array(1) }),
        store.findWatermark(image.sha256),
      ];
      for (const call of await Promise.allSettled(calls)) {
        expect(call).toMatchObject({ status: 'rejected', reason: { code: 'storage_unavailable' } });
        expect(call.status === 'rejected' && call.reason).toBeInstanceOf(StoreError);
      }
    });

    test('may be done twice, even at once', async () => {
      const { store } = await opened();
      await Promise.all([store.close(), store.close()]);
      await store.close();
    });
  });
}
