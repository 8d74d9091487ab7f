import { ImageId, type Tenant } from '../../shared/domain/ids.ts';
import type { JobStore } from '../../shared/jobs/job-store.ts';
import type { ImageRecord } from '../../shared/jobs/records.ts';
import { Problem } from '../problem.ts';

export const noSuchImage = () => new Problem('not_found', 'There is no image with this id.');
export const alreadyDeleted = () => new Problem('deleted', 'The image was here and has been deleted.');

/**
 * @param id as the client has it
 * @param tenant whose it has to be: of another's it is not even told that it is there; null: anybody's
 * @throws {Problem}
 */
export async function findImage(id: string, tenant: Tenant | null, store: JobStore): Promise<ImageRecord> {
  const imageId = ImageId.safeParse(id);
  const found = imageId.success ? await store.findImage(imageId.data, tenant) : null;
  if (found === null) throw noSuchImage();
  if (found === 'deleted') throw alreadyDeleted();
  return found;
}
