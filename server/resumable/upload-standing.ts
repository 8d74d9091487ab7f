import type { z } from 'zod';
import { UploadId } from '../../shared/domain/ids.ts';
import type { JobStore } from '../../shared/jobs/job-store.ts';
import type { JobWatch } from '../../shared/queue/hand-off.ts';
import type { StandingAnswer, UploadAnswer } from '../contract/answers.ts';
import { stateWithin } from '../intake/await-end.ts';
import type { UploadRequest } from './answer-upload.ts';
import { noSuchUpload } from './refusals.ts';
import type { ResumableUploads, Standing } from './resumable-uploads.ts';

interface StandingParts {
  resumable: ResumableUploads;
  watch: JobWatch;
  store: JobStore;
}

/**
 * How far an upload is, for who does not speak tus. What is whole, and is no image yet, is accepted.
 * @param waitSeconds for the end of its job
 * @throws {Problem | StoreError}
 */
export async function uploadStanding(
  id: string,
  { caller, ticket, requestId, log }: Pick<UploadRequest, 'caller' | 'ticket' | 'requestId' | 'log'>,
  waitSeconds: number,
  parts: StandingParts,
): Promise<z.output<typeof StandingAnswer>> {
  const known = UploadId.safeParse(id);
  if (!known.success || (ticket && ticket.id !== id)) throw noSuchUpload();
  const upload = await parts.resumable.find(known.data, caller.tenant);
  const standing = await parts.resumable.standing(upload, requestId, log.child({ uploadId: id }));
  return {
    id,
    bytes: upload.bytes,
    offset: standing.received,
    expiresAt: new Date(upload.until).toISOString(),
    accepted: await acceptedOf(standing, waitSeconds, parts),
    links: { self: `/files/${id}` },
  };
}

/** As `POST /upload` would have answered. */
async function acceptedOf(
  { accepted }: Standing,
  waitSeconds: number,
  { watch, store }: StandingParts,
): Promise<z.output<typeof UploadAnswer> | null> {
  if (!accepted) return null;
  const { image, job } = accepted;
  // Of a job that is known no more the image has been deleted.
  const status = (await stateWithin(job, waitSeconds * 1000, watch, store)) ?? 'cancelled';
  return { id: image, status, links: { self: `/images/${image}`, job: `/jobs/${job}` } };
}
