import type { ChangeReason } from '../domain/change-reason.ts';
import type { FirstAnswer, KeyClaim } from '../domain/idempotency.ts';
import type { ClaimId, ImageId, JobId, RunId, Sha256, Tenant } from '../domain/ids.ts';
import type { SetKey } from '../domain/image.ts';
import type { Job, JobState } from '../domain/job.ts';
import type { Recipe } from '../domain/preset.ts';
import type { Decoder, QuarantinedBytes } from '../domain/quarantine.ts';
import type { ExpiredImage, SpentOriginals } from '../domain/retention.ts';
import type { Usage } from '../domain/usage.ts';
import type {
  ErasedImages,
  ErasureOrder,
  ErasureRest,
  ForgottenRest,
  Removal,
  Removals,
  RemovalsAsked,
  Scrubbed,
} from './erasing/erasure.ts';
import type { StoreFigures } from './figures.ts';
import type { ImagePage, ImagesAsked } from './image-page.ts';
import type {
  AcceptedUpload,
  ChangePage,
  DeletedImage,
  ImageRecord,
  JobChange,
  JobCursor,
  JobPage,
  JobRecord,
  KeptWatermark,
  QuarantineCursor,
  QuarantinePage,
  RetriedJob,
  RunEnd,
  RunHistory,
  RunStart,
  SettledRun,
  SimilarImages,
  SimilarQuery,
  Work,
} from './records.ts';
import type { ImagesOfPreset, ReprocessCount, ReprocessedPage, ReprocessOrder } from './reprocess-records.ts';
import type { ResumableStore } from './resumable/resumable-store.ts';
import type { WebhookStore } from './webhooks/webhook-store.ts';

/**
 * The records of images, jobs and runs. Each call is one transaction: all of it or nothing.
 *
 * A call that changes something has reached the disk when it resolves, except {@link startRun}, which a power
 * cut may undo: the job is then `queued` again, which is where recovery would put it.
 * @throws {StoreError} from every call, when the database is full or out of reach
 */
export interface JobStore extends ResumableStore, WebhookStore {
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
  acceptUpload(upload: AcceptedUpload): Promise<Job | 'no_twin' | 'claim_lost' | 'over_quota'>;

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
   * `deleted` for an image that was there once, or whose end has come; null for one that never was.
   * @param tenant of another's there is none, and never was; null: of any
   */
  findImage(id: ImageId, tenant: Tenant | null): Promise<ImageRecord | 'deleted' | null>;

  /** Images of a tenant from the newest to the oldest. Where a status is asked for, a page may be short, and yet not the last. */
  listImages(asked: ImagesAsked): Promise<ImagePage>;

  /**
   * Lets images be found by their metadata that an earlier version has accepted.
   * @returns how many they were, {@link limit} at the most
   */
  indexEarlierMetadata(limit: number): Promise<number>;

  /** Images of a tenant whose pictures look alike. */
  findSimilar(query: SimilarQuery): Promise<SimilarImages>;

  findJob(id: JobId): Promise<JobRecord | null>;

  /** Jobs whose state has changed after that change, each by its last one only. @param query.tenant null: of all */
  changesAfter(query: { after: number; tenant: Tenant | null; limit: number }): Promise<ChangePage>;

  findChange(id: JobId): Promise<JobChange | null>;

  /** Jobs from the newest to the oldest. */
  listJobs(query: { status?: JobState; after?: JobCursor; limit: number }): Promise<JobPage>;

  /** Work of all `queued` jobs that share nobody's run, the oldest first. */
  queuedWork(): Promise<Work[]>;

  /** Forgets an image and what the client said of it; its id stays known as deleted. Null: the tenant has none. */
  deleteImage(
    id: ImageId,
    tenant: Tenant,
    at: number,
    reason?: ChangeReason,
  ): Promise<DeletedImage | 'deleted' | null>;

  /** Images whose end has come, and that are to be deleted as `expired`. */
  expiredImages(at: number, limit: number): Promise<ExpiredImage[]>;

  /**
   * After a crash of the service: every `running` job is `queued` again, its run `interrupted`.
   * Only for a process that knows that it is alone.
   */
  requeueRunning(at: number): Promise<number>;

  /**
   * Queues an ended job again, with its tries counted anew; it may share a run like an upload.
   * @returns why that cannot be: its state, `superseded` by a later job of its image, or `original_gone` where nothing else has
   * its variants; null: no such job
   */
  retryJob(
    id: JobId,
    at: number,
    pipelineVersion: number,
  ): Promise<RetriedJob | JobState | 'deleted' | 'superseded' | 'original_gone' | null>;

  /**
   * Gives each image of a page that has not the variants of the preset as it is now, and no job that waits or runs, a
   * new job. Until that has succeeded the image shows what it has.
   */
  queueReprocess(order: ReprocessOrder): Promise<ReprocessedPage>;

  countReprocess(images: ImagesOfPreset): Promise<ReprocessCount>;

  /**
   * Deletes images as {@link deleteImage} does, and forgets what else is known of them. Images that were deleted by somebody else, or
   * are another tenant's, are left out. Their files are among {@link listRemovals} from then on.
   */
  eraseImages(order: ErasureOrder): Promise<ErasedImages>;

  /** Forgets what a tenant has that no image of it names. What a request needs that is on its way is left. */
  eraseRest(rest: ErasureRest): Promise<ForgottenRest>;

  /** Files of a tenant's erased images that are to be removed, those that have waited longest first. */
  listRemovals(asked: RemovalsAsked): Promise<Removals>;

  /** They are removed. */
  forgetRemovals(removed: Removal[]): Promise<void>;

  /** Overwrites what was forgotten, where the database can. */
  scrub(): Promise<Scrubbed>;

  isQuarantined(bytes: QuarantinedBytes & { decoder: Decoder }): Promise<boolean>;

  /** What a tenant has, exactly: it is counted in the transactions that change it. */
  usageOf(tenant: Tenant): Promise<Usage>;

  /** Adds up what has changed of late, so that it stays quick to say. @returns how many changes */
  foldUsage(): Promise<number>;

  /** Counts everything anew, for what versions have missed that do not count. @returns how many tenants were counted wrong */
  recountUsage(): Promise<number>;

  /** For metrics: what waits, and what is refused. */
  figures(): Promise<StoreFigures>;

  /** From the newest to the oldest. */
  listQuarantine(query: { tenant: Tenant; after?: QuarantineCursor; limit: number }): Promise<QuarantinePage>;

  /** Lets bytes in again, for every decoder. False: they are not quarantined. */
  releaseQuarantined(bytes: QuarantinedBytes): Promise<boolean>;

  /** Of the given runs, those whose published directory a row names. */
  publishedAmong(runs: RunId[]): Promise<RunId[]>;

  /** Of the given images, those that exist and whose originals are kept. */
  originalsKeptAmong(images: ImageId[]): Promise<ImageId[]>;

  /** Of the given images, those that were there and whose originals have not been kept, be it with the image or alone. */
  originalsGoneAmong(images: ImageId[]): Promise<ImageId[]>;

  /** The images whose originals a rule lets go of, the eldest first. */
  spentOriginals(query: SpentOriginals & { limit: number }): Promise<ImageId[]>;

  /**
   * Lets go of the originals of these images, but of those that are needed since: the files are garbage from then on.
   * @returns whose they are
   */
  releaseOriginals(release: SpentOriginals & { images: readonly ImageId[] }): Promise<ImageId[]>;

  close(): Promise<void>;
}
