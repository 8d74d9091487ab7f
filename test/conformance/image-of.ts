import type { JobStore } from '../../shared/jobs/job-store.ts';
import type { NewUpload } from '../helpers/job-records.ts';

/** The image of an upload as its store has it; there has to be one. */
export async function imageOf(store: JobStore, { image }: Pick<NewUpload, 'image'>) {
  const found = await store.findImage(image.id, null);
  if (found === null || found === 'deleted') throw new Error('there is no such image');
  return found;
}
