import { copyFile, link, mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { JobStore } from '../../shared/jobs/job-store.ts';
import type { Work } from '../../shared/jobs/records.ts';
import { newUpload } from '../helpers/job-records.ts';

/**
 * Makes a data folder that holds accepted images whose jobs wait. Their originals are links to one picture, and their
 * hashes made up: equal bytes would share one run.
 */
export async function addWaitingJobs(
  store: JobStore,
  folder: string,
  picture: string,
  count: number,
): Promise<Work[]> {
  const source = join(folder, 'picture.jpg');
  await copyFile(picture, source);
  const addOne = async (): Promise<Work> => {
    const { job, ...upload } = newUpload({
      image: { header: { format: 'jpeg', width: 640, height: 480, frames: 1 }, createdAt: Date.now() },
    });
    const { id } = upload.image;
    const original = join(folder, 'originals', id.slice(0, 2), id);
    await mkdir(dirname(original), { recursive: true });
    await link(source, original);
    await store.acceptUpload(upload);
    const { requestId, preset } = job;
    const { recipeDigest } = upload;
    return {
      jobId: job.id,
      imageId: id,
      tenant: upload.image.tenant,
      memoryBytes: 0,
      preset,
      requestId,
      format: 'jpeg',
      recipeDigest,
      isSuspect: false,
      isBatch: false,
    };
  };
  return Promise.all(Array.from({ length: count }, addOne));
}
