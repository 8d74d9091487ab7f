import { newRunId } from '../../shared/domain/ids.ts';
import type { WorkSource } from '../../shared/queue/work-source.ts';
import type { S3Storage } from '../../shared/storage/s3/s3-storage.ts';

/**
 * Lends nothing while the bucket does not answer: a job that is taken then only uses up its tries. Each time that there would be
 * work, the bucket is asked whether it does again.
 */
export function workInReach(source: WorkSource, storage: S3Storage): WorkSource {
  const isInReach = async () => {
    // What asks may fail; whether it has is what counts. While the circuit is open it takes no time.
    if (!storage.isInReach) await storage.readVariant(newRunId(), 'probe').catch(() => {});
    return storage.isInReach;
  };
  return {
    borrow: async (lane, most) => ((await isInReach()) ? source.borrow(lane, most) : []),
    prolong: (leases) => source.prolong(leases),
  };
}
