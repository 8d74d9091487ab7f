import type { z } from 'zod';
import { UploadId } from '../../shared/domain/ids.ts';
import type { StandingAnswer } from '../contract/answers.ts';
import type { UploadRequest } from './answer-upload.ts';
import { noSuchUpload } from './refusals.ts';
import type { ResumableUploads } from './resumable-uploads.ts';

/** How far an upload is, for who does not speak tus. What is whole, and is no image yet, is accepted. @throws {Problem | StoreError} */
export async function uploadStanding(
  id: string,
  { caller, ticket, requestId, log }: Pick<UploadRequest, 'caller' | 'ticket' | 'requestId' | 'log'>,
  uploads: ResumableUploads,
): Promise<z.output<typeof StandingAnswer>> {
  const known = UploadId.safeParse(id);
  if (!known.success || (ticket && ticket.id !== id)) throw noSuchUpload();
  const upload = await uploads.find(known.data, caller.tenant);
  const { received, image } = await uploads.standing(upload, requestId, log.child({ uploadId: id }));
  return {
    id,
    bytes: upload.bytes,
    offset: received,
    expiresAt: new Date(upload.until).toISOString(),
    image,
    links: { self: `/files/${id}`, image: image && `/images/${image}` },
  };
}
