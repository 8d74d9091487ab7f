import type { PublishedSet } from '../../shared/domain/image.ts';
import type { ImageRecord } from '../../shared/jobs/records.ts';
import { Problem } from '../problem.ts';

/** What an image has to show. @throws {Problem} `not_ready` or `failed` while that is nothing */
export function publishedSet({ job, set }: ImageRecord): PublishedSet {
  if (set) return set;
  if (job.state === 'queued' || job.state === 'running') {
    throw new Problem('not_ready', 'The variants are being made.', { retryAfter: 1 });
  }
  const failure = job.failure ?? 'worker_error';
  throw new Problem('failed', 'The image could not be processed; its job says why.', {
    members: { failure },
  });
}
