import type { ImageId, Tenant } from '../../shared/domain/ids.ts';
import type { ExpiredImage } from '../../shared/domain/retention.ts';
import type { JobStore } from '../../shared/jobs/job-store.ts';
import type { DeletedImage } from '../../shared/jobs/records.ts';
import type { Retries } from '../../shared/queue/hand-off.ts';
import type { ImageStorage } from '../../shared/storage/image-storage.ts';
import { alreadyDeleted } from './find-image.ts';

export interface DeleteParts {
  store: JobStore;
  storage: ImageStorage;
  retries: Retries;
}

/**
 * Deletes an image and everything that is only its own; its id stays known as deleted. Of uploads of the same bytes
 * that have waited for its run, one gets a run of its own.
 * @returns false when the tenant never had such an image
 * @throws {Problem} when it is deleted already
 */
export async function deleteImage(id: ImageId, tenant: Tenant, parts: DeleteParts): Promise<boolean> {
  const deleted = await parts.store.deleteImage(id, tenant, Date.now());
  if (deleted === 'deleted') throw alreadyDeleted();
  if (deleted) await removeFiles(id, deleted, parts);
  return deleted !== null;
}

/** The same for an image whose end has come. @returns false when somebody else has done so */
export async function deleteExpired({ id, tenant }: ExpiredImage, parts: DeleteParts): Promise<boolean> {
  const deleted = await parts.store.deleteImage(id, tenant, Date.now(), 'expired');
  if (deleted === null || deleted === 'deleted') return false;
  await removeFiles(id, deleted, parts);
  return true;
}

/** The row is gone, so nobody sees the files any more; what a crash leaves here, the next boot removes. */
async function removeFiles(
  id: ImageId,
  { promoted, retiredSet }: DeletedImage,
  { storage, retries }: DeleteParts,
): Promise<void> {
  if (promoted) retries.addBacklog(promoted);
  await storage.removeOriginal(id);
  if (retiredSet) await storage.removePublished(retiredSet);
}
