import type { JobId, Tenant } from '../domain/ids.ts';
import type { Image } from '../domain/image.ts';
import type { FailureCode, JobState } from '../domain/job.ts';
import type { MetadataField } from '../domain/metadata-field.ts';
import type { ImageCursor } from './reprocess-records.ts';

/** Images of a tenant, from the newest to the oldest. */
export interface ImagesAsked {
  tenant: Tenant;
  metadata?: MetadataField | undefined;
  /** Accepted then or later, and before, in milliseconds since 1970. */
  since?: number | undefined;
  until?: number | undefined;
  status?: JobState | undefined;
  /** Those whose end has come by then are left out. */
  at?: number | undefined;
  after?: ImageCursor | undefined;
  limit: number;
}

export interface ListedImage {
  image: Image;
  /** The latest one. */
  jobId: JobId;
  /** Once there are variants `succeeded`, whatever becomes of a later job. */
  status: JobState;
  failure: FailureCode | null;
}

export interface ImagePage {
  images: ListedImage[];
  /** Where the next page begins; null at the end. */
  next: ImageCursor | null;
  /** False: images of an earlier version are not yet found by their metadata, and some may be missing. */
  isComplete: boolean;
}
