import { z } from 'zod';
import { HoldId, ImageId, JobId, Tenant, UploadId } from '../../domain/ids.ts';
import { type ResumableUpload, UploadPart, UploadState } from '../../domain/resumable.ts';
import { jsonColumn } from './json-column.ts';

export const ResumableUploadRow = z.object({
  id: UploadId,
  tenant: Tenant,
  state: UploadState,
  bytes: z.int(),
  received: z.int(),
  parts: jsonColumn(z.array(UploadPart)),
  metadata: z.string(),
  fields: jsonColumn(z.record(z.string(), z.string())),
  /** The request that may add to it: the fence. */
  hold: HoldId.nullable(),
  created_at: z.int(),
  until: z.int(),
  /** Both, or none. */
  image_id: ImageId.nullable(),
  job_id: JobId.nullable(),
  refusal: z.string().nullable(),
});

export function toResumableUpload(row: z.output<typeof ResumableUploadRow>): ResumableUpload {
  const { created_at: createdAt, image_id: image, job_id: job, hold: _, ...same } = row;
  return { ...same, createdAt, accepted: image !== null && job !== null ? { image, job } : null };
}
