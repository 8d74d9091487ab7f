import { DEFAULT_TENANT, newImageId, newJobId } from '../../shared/domain/ids.ts';
import type { Work } from '../../shared/jobs/records.ts';
import type { Need } from '../../shared/queue/hand-off.ts';

/** What an upload asks of the line that needs no memory to speak of. */
export const NEED: Need = { tenant: DEFAULT_TENANT, memoryBytes: 0, isBatch: false };

/** Work as the line has it, of a job that is in no store. */
export const newWork = (name: string, isSuspect = false, isBatch = false): Work => ({
  jobId: newJobId(),
  imageId: newImageId(),
  tenant: DEFAULT_TENANT,
  memoryBytes: 0,
  preset: 'default',
  requestId: name,
  format: 'jpeg',
  recipeDigest: null,
  isSuspect,
  isBatch,
});
