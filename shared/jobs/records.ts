import type { PerceptualHash } from '../domain/description.ts';
import type { ClaimId, ImageId, JobId, RunId, Sha256, Tenant, TraceParent } from '../domain/ids.ts';
import type { Image, InputFormat, Manifest, PublishedSet } from '../domain/image.ts';
import type { FailureCode, Job, JobState, Run, RunOutcome } from '../domain/job.ts';
import type { Preset, Recipe } from '../domain/preset.ts';
import type { Decoder, Quarantined } from '../domain/quarantine.ts';
import type { Quota } from '../domain/usage.ts';

/**
 * What a queue that several nodes share lends a job by: for one attempt, and for as long as its node tells that it lives.
 * Who has let it run out has no say in the job any more.
 */
export interface Lease {
  lane: Lane;
  id: string;
  attempt: number;
}

/** Uploads that wait; what was interrupted or is tried again; what runs when nobody else wants the worker. */
export type Lane = 'fresh' | 'backlog' | 'batch';

/** What a worker has to be told to run a job, and what the log lines of its runs carry. */
export interface Work {
  jobId: JobId;
  imageId: ImageId;
  tenant: Tenant;
  preset: string;
  requestId: string;
  trace?: TraceParent | undefined;
  format: InputFormat;
  /** That a run of it takes at the most, beside what an idle worker has. */
  memoryBytes: number;
  /** Of the recipe that it was accepted with; null where there was none yet. */
  recipeDigest: Sha256 | null;
  /** A run of it has killed its worker: the next one is alone. */
  isSuspect: boolean;
  /** It runs when nobody else wants the worker. */
  isBatch: boolean;
  /** Where a queue has lent it. */
  lease?: Lease;
}

export interface AcceptedUpload {
  image: Image;
  jobId: JobId;
  requestId: string;
  trace?: TraceParent | undefined;
  /** Kept with the job, so that a later change of the presets does not change it. */
  recipe: Recipe;
  recipeDigest: Sha256;
  pipelineVersion: number;
  /** It is to run when nobody else wants the worker. */
  isBatch: boolean;
  /** It has had a place since it began to come, and waits behind the uploads, as the backlog. */
  hasPlace?: boolean;
  /** What its run takes at the most, beside what an idle worker has. */
  memoryBytes: number;
  /** Where tenants take turns at what waits: the lower ones go first. */
  turn?: number;
  /** The claim on the key that the upload came with, and what its later uses are compared with. */
  claim: { id: ClaimId; fingerprint: Sha256 } | null;
  /** Of its tenant; none: it may have any number. */
  quota?: Quota;
  /** The end of its image is a time that the client has said, and not so long after its acceptance. */
  expiresByClient?: boolean;
  /** Accept it only if it can share the run of another job: there is no worker for it. */
  needsTwin: boolean;
}

/** A PNG that a preset lays over its variants. */
export interface KeptWatermark {
  sha256: Sha256;
  png: Uint8Array;
}

export interface RunStart {
  runId: RunId;
  jobId: JobId;
  workerPid: number;
  at: number;
  /** That of its work, if any. */
  lease?: Lease;
}

/** How many earlier runs of the job ended how: what decides whether it may run again. */
export interface RunHistory {
  outcomes: Partial<Record<RunOutcome, number>>;
  /** Of those that crashed: how often it was the decoder that died, and not for want of memory. */
  decoderDeaths: number;
}

export interface RunEnd {
  runId: RunId;
  jobId: JobId;
  at: number;
  outcome: RunOutcome;
  signal: string | null;
  exitCode: number | null;
  peakRssBytes: number | null;
  failure: FailureCode | null;
  /** The state of the job from now on. */
  next: Extract<JobState, 'succeeded' | 'failed' | 'quarantined' | 'queued'>;
  /** With `next: 'queued'`: not before so many milliseconds. */
  retryInMs: number;
  /** That of its work, if any: it is given back with the end of the run. */
  lease?: Lease;
  /** What is quarantined with `next: 'quarantined'`: these bytes for this decoder. */
  decoder: Decoder;
  /** What was published in the directory named by the run, and by which preset; only with `next: 'succeeded'`. */
  published: { manifest: Manifest; recipeDigest: Sha256 } | null;
}

export interface SettledRun {
  /** False: nothing was published, or its image has the set of an earlier run, and this one's directory is of no use. */
  keepsDirectory: boolean;
  /** Jobs that have ended with this one. */
  followers: JobId[];
  /** A follower that has to be run itself, as its leader has failed for a fault of that one's own files. */
  promoted: Work | null;
  /** Directories of sets that no image shows any more, now that there are new ones. */
  retiredSets: RunId[];
}

export interface ImageRecord {
  image: Image;
  job: Job;
  set: PublishedSet | null;
  /** Until its end, in milliseconds; of one that has an end. */
  leftMs?: number;
}

export interface JobRecord {
  job: Job;
  /** Of its image. */
  tenant: Tenant;
  runs: Run[];
}

/** The last change of the state of a job. */
export interface JobChange {
  id: JobId;
  imageId: ImageId;
  tenant: Tenant;
  state: JobState;
  failure: FailureCode | null;
  updatedAt: number;
  /** Greater than those of all changes that were committed before this one began, on whatever node. */
  change: number;
}

export interface ChangePage {
  /** In the order of their numbers. */
  changes: JobChange[];
  /** The greatest number that was given when it was asked. */
  last: number;
  /** Whatever changes have numbers up to `last`, their transactions are called less than this. */
  begun: number;
  /** All transactions that are called less than this are over, and what they have changed is among the changes. */
  over: number;
}

export interface JobPage {
  jobs: Job[];
  /** Where the next page begins; null at the end. */
  next: JobCursor | null;
}

export interface JobCursor {
  createdAt: number;
  id: JobId;
}

export interface QuarantinePage {
  quarantined: Quarantined[];
  /** Where the next page begins; null at the end. */
  next: QuarantineCursor | null;
}

export type QuarantineCursor = Pick<Quarantined, 'at' | 'sha256' | 'decoder'>;

export interface SimilarQuery {
  tenant: Tenant;
  hash: PerceptualHash;
  /** Of bits, at the most: from 0 to MOST_BITS_APART. */
  distance: number;
  limit: number;
  /** The image that is asked about is not among the answers. */
  except: ImageId;
}

export interface SimilarImages {
  /** The nearest first. */
  images: { id: ImageId; distance: number }[];
  /** False: so many pictures have a part of the hash that not all were looked at, and some may be missing. */
  isComplete: boolean;
}

export interface DeletedImage {
  /** The directory of the set that was only this image's, and that no row names any more. */
  retiredSet: RunId | null;
  /** A job that had waited for the run of this image's, and has to be run itself. */
  promoted: Work | null;
}

/** A job that is queued again, or has succeeded by another one's set. */
export interface RetriedJob {
  toRun: Work | null;
  /** As in {@link SettledRun}. */
  retiredSets: RunId[];
}

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
