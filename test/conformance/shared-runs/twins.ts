import { expect } from 'vitest';
import type { JobStore } from '../../../shared/jobs/job-store.ts';
import { type NewUpload, newStart, newUpload, succeeded } from '../../helpers/job-records.ts';
import { imageOf } from '../image-of.ts';

/** Uploads of the same bytes in a store, and what has become of them. */
export function twins(store: () => JobStore) {
  const twinOf = ({ image }: NewUpload, given: Parameters<typeof newUpload>[0] = {}) =>
    newUpload({ ...given, image: { sha256: image.sha256, createdAt: 2_000, ...given.image } });

  const keyOf = ({ image, recipeDigest, pipelineVersion }: NewUpload) => ({
    tenant: image.tenant,
    sha256: image.sha256,
    recipeDigest,
    pipelineVersion,
  });

  const jobOf = async ({ job }: NewUpload) => (await store().findJob(job.id))?.job;

  const setOf = async (upload: NewUpload) => (await imageOf(store(), upload)).set?.runId ?? null;

  async function accepted(upload = newUpload()): Promise<NewUpload> {
    expect(await store().acceptUpload(upload)).toMatchObject({ id: upload.job.id });
    return upload;
  }

  async function running(upload = newUpload()) {
    await accepted(upload);
    const start = newStart(upload.job);
    await store().startRun(start);
    return { upload, start };
  }

  async function published() {
    const { upload, start } = await running();
    await store().finishRun(succeeded(start));
    return { upload, runId: start.runId };
  }

  return { twinOf, keyOf, jobOf, setOf, accepted, running, published };
}
