import type { ImageId, Tenant } from '../../shared/domain/ids.ts';
import type { JobStore } from '../../shared/jobs/job-store.ts';
import type { Retries } from '../../shared/queue/hand-off.ts';
import type { ImageStorage } from '../../shared/storage/image-storage.ts';
import { alreadyDeleted } from './find-image.ts';

/**
 * Deletes an image and everything that is only its own; its id stays known as deleted. Of uploads of the same bytes
 * that have waited for its run, one gets a run of its own.
 * @returns false when the tenant never had such an image
 * @throws {Problem} when it is deleted already
 */
export async function deleteImage(
  id: ImageId,
  tenant: Tenant,
  store: JobStore,
  storage: ImageStorage,
  retries: Retries,
): Promise<boolean> {
  const deleted = await store.deleteImage(id, tenant, Date.now());
  if (deleted === null) return false;
  if (deleted === 'deleted') throw alreadyDeleted();
  if (deleted.promoted) retries.addBacklog(deleted.promoted);
  // The row is gone, so nobody sees the files any more; what a crash leaves here, the next boot removes.
  await storage.removeOriginal(id);
  if (deleted.retiredSet) await storage.removePublished(deleted.retiredSet);
  return true;
}
