import type { PerceptualHash } from '../../shared/domain/description.ts';
import type { JobStore } from '../../shared/jobs/job-store.ts';
import type { ImageRecord, SimilarImages } from '../../shared/jobs/records.ts';
import { publishedSet } from '../delivery/published-set.ts';

export type Similar = SimilarImages & { perceptualHash: PerceptualHash | null };

/**
 * Images of the same tenant that look like this one. What an older pipeline has made has no hash, and is like nothing.
 * @throws {Problem} `not_ready` or `failed` where there is nothing to compare yet
 */
export async function similarImages(
  record: ImageRecord,
  query: { distance: number; limit: number },
  store: JobStore,
): Promise<Similar> {
  const perceptualHash = publishedSet(record).manifest.description?.perceptualHash ?? null;
  if (perceptualHash === null) return { perceptualHash, images: [], isComplete: true };
  const { id, tenant } = record.image;
  const found = await store.findSimilar({ tenant, hash: perceptualHash, except: id, ...query });
  return { perceptualHash, ...found };
}
