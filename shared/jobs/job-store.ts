import type { FirstAnswer, KeyClaim } from '../domain/idempotency.ts';
import type { ClaimId, HoldId, ImageId, JobId, RunId, Sha256, Tenant, UploadId } from '../domain/ids.ts';
import type { SetKey } from '../domain/image.ts';
import type { Job, JobState } from '../domain/job.ts';
import type { Recipe } from '../domain/preset.ts';
import type { Decoder, QuarantinedBytes } from '../domain/quarantine.ts';
import type { NewResumableUpload, UploadEnd, UploadPart } from '../domain/resumable.ts';
import type {
  AcceptedUpload,
  DeletedImage,
  ImageRecord,
  ImagesOfPreset,
  JobCursor,
  JobPage,
  JobRecord,
  KeptWatermark,
  QuarantineCursor,
  QuarantinePage,
  ReprocessCount,
  ReprocessedPage,
  ReprocessOrder,
  RetriedJob,
  RunEnd,
  RunHistory,
  RunStart,
  SettledRun,
  SimilarImages,
  SimilarQuery,
  StoreFigures,
  Work,
} from './records.ts';
import type { FoundUpload, UploadPlaces, UploadsToTidy } from './resumable.ts';

/**
 * The records of images, jobs and runs. Each call is one transaction: all of it or nothing.
 *
 * A call that changes something has reached the disk when it resolves, except {@link startRun}, which a power
 * cut may undo: the job is then `queued` again, which is where recovery would put it.
 * @throws {StoreError} from every call, when the database is full or out of reach
 */
export interface JobStore {
  /**
   * Takes a key for one request, until the claim ends.
   * @returns what the first request with this key was answered, or whether one is on its way
   */
  claimKey(claim: KeyClaim, at: number): Promise<FirstAnswer | 'claimed' | 'in_flight'>;

  /** Gives back a key whose request was refused. Does nothing once it is answered. */
  releaseClaim(id: ClaimId): Promise<void>;

  /** After a crash of the service: the requests of all claims are gone. Only for a process that knows that it is alone. */
  releaseAllClaims(): Promise<void>;

  /** Whether an upload can share a run, published or to come, with another one of the same bytes. */
  hasTwin(upload: SetKey & { isBatch: boolean }): Promise<boolean>;

  /**
   * Commits an image, its job, its recipe and the answer to its idempotency key together. The job is `succeeded` where a set of its
   * bytes is published already, and else has `sharedRunOf` where another one's run is on its way.
   * @returns the job, or why nothing was kept
   */
  acceptUpload(upload: AcceptedUpload): Promise<Job | 'no_twin' | 'claim_lost'>;

  /** Null: no upload has been accepted with it. */
  findRecipe(digest: Sha256): Promise<Recipe | null>;

  /** Does nothing where it is kept already. */
  keepWatermark(watermark: KeptWatermark): Promise<void>;

  findWatermark(sha256: Sha256): Promise<Uint8Array | null>;

  /** Moves a `queued` job to `running` under a new run. Null when the job is not queued (any more). */
  startRun(start: RunStart): Promise<RunHistory | null>;

  /**
   * Ends a run and moves its job on, with the jobs that share it, if the job is still running under that very run.
   * Null when it is not: the run was given up, and nothing of it counts.
   */
  finishRun(end: RunEnd): Promise<SettledRun | null>;

  /**
   * `deleted` for an image that was there once; null for one that never was.
   * @param tenant of another's there is none, and never was; null: of any
   */
  findImage(id: ImageId, tenant: Tenant | null): Promise<ImageRecord | 'deleted' | null>;

  /** Images of a tenant whose pictures look alike. */
  findSimilar(query: SimilarQuery): Promise<SimilarImages>;

  findJob(id: JobId): Promise<JobRecord | null>;

  /** Jobs from the newest to the oldest. */
  listJobs(query: { status?: JobState; after?: JobCursor; limit: number }): Promise<JobPage>;

  /** Work of all `queued` jobs that share nobody's run, the oldest first. */
  queuedWork(): Promise<Work[]>;

  /** Forgets an image and what the client said of it; its id stays known as deleted. Null: the tenant has none. */
  deleteImage(id: ImageId, tenant: Tenant, at: number): Promise<DeletedImage | 'deleted' | null>;

  /**
   * After a crash of the service: every `running` job is `queued` again, its run `interrupted`.
   * Only for a process that knows that it is alone.
   */
  requeueRunning(at: number): Promise<number>;

  /**
   * Queues an ended job again, with its tries counted anew; it may share a run like an upload.
   * @returns why that cannot be: its state, or `superseded` by a later job of its image; null: no such job
   */
  retryJob(
    id: JobId,
    at: number,
    pipelineVersion: number,
  ): Promise<RetriedJob | JobState | 'deleted' | 'superseded' | null>;

  /**
   * Gives each image of a page that has not the variants of the preset as it is now, and no job that waits or runs, a
   * new job. Until that has succeeded the image shows what it has.
   */
  queueReprocess(order: ReprocessOrder): Promise<ReprocessedPage>;

  countReprocess(images: ImagesOfPreset): Promise<ReprocessCount>;

  isQuarantined(bytes: QuarantinedBytes & { decoder: Decoder }): Promise<boolean>;

  /** For metrics: what waits, and what is refused. */
  figures(): Promise<StoreFigures>;

  /** From the newest to the oldest. */
  listQuarantine(query: { tenant: Tenant; after?: QuarantineCursor; limit: number }): Promise<QuarantinePage>;

  /** Lets bytes in again, for every decoder. False: they are not quarantined. */
  releaseQuarantined(bytes: QuarantinedBytes): Promise<boolean>;

  /** Of the given runs, those whose published directory a row names. */
  publishedAmong(runs: RunId[]): Promise<RunId[]>;

  /** Of the given images, those that exist. */
  existingAmong(images: ImageId[]): Promise<ImageId[]>;

  /** Of the given images, those that were there and have been deleted. */
  deletedAmong(images: ImageId[]): Promise<ImageId[]>;

  /**
   * Opens an upload that may come in several requests, where there is a place for it: it has that until its picture is made.
   * @returns the upload of this id that was there already, as it is now
   */
  beginUpload(upload: NewResumableUpload, places: UploadPlaces): Promise<FoundUpload | 'no_place'>;

  /** Null: the tenant has none. */
  findUpload(id: UploadId, tenant: Tenant, at: number): Promise<FoundUpload | null>;

  /**
   * Lets one request alone add to an upload from now on, if so many bytes of it are kept and it is open; whoever did before may not
   * any more.
   * @returns the upload as it is: who has other bytes than these does not hold it
   */
  holdUpload(by: {
    id: UploadId;
    tenant: Tenant;
    hold: HoldId;
    received: number;
    at: number;
  }): Promise<FoundUpload | null>;

  /** Says which parts an upload has now. False: somebody else holds it, or it is at an end. */
  addToUpload(id: UploadId, hold: HoldId, parts: readonly UploadPart[]): Promise<boolean>;

  /** Does nothing for one that has ended. */
  endUpload(id: UploadId, end: UploadEnd): Promise<void>;

  dropUpload(id: UploadId): Promise<void>;

  /** Up to so many of each kind. */
  uploadsToTidy(at: number, limit: number): Promise<UploadsToTidy>;

  /** Of the given uploads, those that are open. */
  openUploadsAmong(ids: UploadId[]): Promise<UploadId[]>;

  close(): Promise<void>;
}
