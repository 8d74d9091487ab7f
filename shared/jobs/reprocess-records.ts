import type { ImageId, JobId, RunId, TraceParent } from '../domain/ids.ts';
import type { Preset } from '../domain/preset.ts';
import type { Work } from './records.ts';

export interface ImageCursor {
  createdAt: number;
  id: ImageId;
}

/** A page of the images that were accepted with a preset of this name, from the eldest on. */
export interface ImagesOfPreset {
  /** As it is now. */
  preset: Preset;
  /** That of now. */
  pipelineVersion: number;
  /** Accepted then or later, in milliseconds since 1970. */
  since: number;
  after?: ImageCursor;
  limit: number;
}

export interface ReprocessOrder extends ImagesOfPreset {
  at: number;
  requestId: string;
  trace?: TraceParent | undefined;
}

export interface ReprocessedPage {
  /** How many of the images have a new job. */
  queued: number;
  skipped: number;
  /** Of them, those that cannot be made anew: their originals have not been kept. */
  originalGone: number;
  /** Of the new jobs those that share nobody's run. */
  toRun: Work[];
  /** Directories of sets that no image shows any more, as the new ones were there already. */
  retiredSets: RunId[];
  next: ImageCursor | null;
}

/** Of a page, those images that have variants or will have; who is none of these has variants of an earlier recipe. */
export interface ReprocessCount {
  total: number;
  /** Its variants are those of the preset as it is now. */
  current: number;
  /** A job of it waits or runs. */
  pending: number;
  /** It could not be made so, and has its earlier variants. */
  failed: number;
  failedJobs: JobId[];
  /** It cannot be made so, as its original has not been kept, and has its earlier variants. */
  originalGone: number;
  next: ImageCursor | null;
}
