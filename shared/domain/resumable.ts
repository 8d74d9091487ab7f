import { z } from 'zod';
import { HoldId, ImageId, JobId, Tenant, UploadId } from './ids.ts';

/**
 * A piece of an upload that is kept: no crash loses it. Pieces follow each other from the first byte on, and are called by where
 * they begin and who has brought them, so that none ever takes the place of another.
 */
export const UploadPart = z.object({ hold: HoldId, at: z.int().min(0), bytes: z.int().min(1) });
export type UploadPart = z.infer<typeof UploadPart>;

/**
 * - `open`: it may be added to; whole, it is to be accepted
 * - `accepted`: it is an image
 * - `refused`: what has come is none that is taken
 */
export const UploadState = z.enum(['open', 'accepted', 'refused']);
export type UploadState = z.infer<typeof UploadState>;

/** An upload that may come in several requests, and go on after each break. */
export const ResumableUpload = z.object({
  id: UploadId,
  tenant: Tenant,
  state: UploadState,
  /** That it will have when it is whole. */
  bytes: z.int().min(1),
  /** Those that are kept: what the parts have together. */
  received: z.int().min(0),
  parts: z.array(UploadPart),
  /** What the client has said of it, as it did: the value of `Upload-Metadata`. Empty once it is at an end. */
  metadata: z.string(),
  /** The text fields of it, as of a form; empty in the end as well. */
  fields: z.record(z.string(), z.string()),
  createdAt: z.int(),
  /** It ends then, in milliseconds since 1970. */
  until: z.int(),
  /** What it has become, once it is accepted. */
  accepted: z.object({ image: ImageId, job: JobId }).nullable(),
  /** Why it was refused: the code of the problem. */
  refusal: z.string().nullable(),
});
export type ResumableUpload = z.infer<typeof ResumableUpload>;

export type NewResumableUpload = Pick<
  ResumableUpload,
  'id' | 'tenant' | 'bytes' | 'metadata' | 'fields' | 'createdAt' | 'until'
>;

/** How an upload ends. */
export type UploadEnd =
  | ({ state: 'accepted' } & NonNullable<ResumableUpload['accepted']>)
  | { state: 'refused'; refusal: string };
