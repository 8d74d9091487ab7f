import { z } from 'zod';
import { Focus } from '../../domain/focus.ts';
import { IdempotencyKey } from '../../domain/idempotency.ts';
import { ClaimId, ImageId, JobId, RunId, Sha256, Tenant, TraceParent } from '../../domain/ids.ts';
import { type Image, InputFormat, Metadata, type PublishedSet } from '../../domain/image.ts';
import { FailureCode, type Job, JobState, type Run, RunOutcome } from '../../domain/job.ts';
import { MetadataField } from '../../domain/metadata-field.ts';
import { Decoder, type Quarantined } from '../../domain/quarantine.ts';
import type { RemovalRow } from './erasure-tables.ts';
import { jsonColumn } from './json-column.ts';
import type { RecipeRow, WatermarkRow } from './recipe-tables.ts';
import type { ResumableUploadRow } from './resumable-row.ts';
import { StoredManifest } from './stored-manifest.ts';
import type { WebhookTables } from './webhook-tables.ts';

export const ImageRow = z.object({
  id: ImageId,
  tenant: Tenant,
  sha256: Sha256,
  bytes: z.int(),
  format: InputFormat,
  width: z.int(),
  height: z.int(),
  frames: z.int(),
  preset: z.string(),
  metadata: jsonColumn(Metadata).nullable(),
  focus: jsonColumn(Focus).nullable(),
  created_at: z.int(),
  /** The run whose directory is this image's published set. */
  published_run: RunId.nullable(),
  /** 1: what it can be found by is in `image_metadata`; null: a version has accepted it that knew nothing of that. */
  has_index: z.int().nullable(),
  /** Since then its original does not count, be it there or not; null: it is kept. */
  original_removed_at: z.int().nullable(),
  /** From then on it is as good as deleted; null: never. */
  expires_at: z.int().nullable(),
});

/** A field that an image is found by; the rest is as its image has it. */
export const ImageMetadataRow = z.object({
  image_id: ImageId,
  tenant: Tenant,
  ...MetadataField.shape,
  created_at: z.int(),
});

export const DeletedImageRow = z.object({
  id: ImageId,
  tenant: Tenant,
  deleted_at: z.int(),
});

export const SetRow = z.object({
  run_id: RunId,
  manifest: jsonColumn(StoredManifest),
  published_at: z.int(),
  /** The key that no two sets have in common; null for those of a time before there was one. */
  tenant: Tenant.nullable(),
  sha256: Sha256.nullable(),
  recipe_digest: Sha256.nullable(),
  pipeline_version: z.int().nullable(),
  /** The perceptual hash, in the bands that it is looked up by; null where the manifest has none. */
  band_0: z.int().nullable(),
  band_1: z.int().nullable(),
  band_2: z.int().nullable(),
  band_3: z.int().nullable(),
  /** Of its files together; 0 of one that a version has made which did not count. */
  bytes: z.int(),
});

export const JobRow = z.object({
  id: JobId,
  /** No foreign key: the record of a job outlives its image, as `cancelled` or ended. */
  image_id: ImageId,
  preset: z.string(),
  state: JobState,
  failure: FailureCode.nullable(),
  request_id: z.string(),
  trace: TraceParent.nullable(),
  created_at: z.int(),
  updated_at: z.int(),
  /** The run that may write to this job: the fence. */
  active_run: RunId.nullable(),
  /** The runs before this one no longer count: a person has had the job tried again. */
  counted_from_run: z.int(),
  recipe_digest: Sha256.nullable(),
  /** Of the process that has made the job; null for those of a time before it was kept. */
  pipeline_version: z.int().nullable(),
  /** 0 or 1. */
  is_batch: z.int(),
  shared_run_of: JobId.nullable(),
  /** 0 or 1: accepted, and never run. */
  is_fresh: z.int(),
  /** Where tenants take turns: of those that wait the lower ones go first. */
  turn: z.int(),
  /** As its image has them; null for those of a time before runs were shared. */
  tenant: Tenant.nullable(),
  sha256: Sha256.nullable(),
});

export const IdempotencyKeyRow = z.object({
  tenant: Tenant,
  key: IdempotencyKey,
  claim: ClaimId,
  /** In milliseconds: the end of the claim, and once there is an answer that of the answer. */
  until: z.int(),
  /** This and the following are null until the request has been accepted. */
  fingerprint: Sha256.nullable(),
  image_id: ImageId.nullable(),
  job_id: JobId.nullable(),
  state: JobState.nullable(),
  /** That the request is on its way at; null where there is but one. */
  node: z.string().nullable(),
});

const UsageColumns = { images: z.int(), original_bytes: z.int(), variant_bytes: z.int() };

/** What a tenant has, as far as it was added up. */
export const UsageRow = z.object({ tenant: Tenant, ...UsageColumns });

/** What is to be added yet, or with a minus taken away. */
export const UsageChangeRow = z.object({ id: z.string(), tenant: Tenant, ...UsageColumns });

export const QuarantineRow = z.object({
  tenant: Tenant,
  sha256: Sha256,
  decoder: Decoder,
  image_id: ImageId,
  job_id: JobId,
  signal: z.string().nullable(),
  exit_code: z.int().nullable(),
  at: z.int(),
});

export const RunRow = z.object({
  id: RunId,
  job_id: JobId,
  /** From 1 on, in the order of their starts. */
  number: z.int(),
  worker_pid: z.int(),
  /** That it was on, and what the queue had lent it the job by; null where there is but one. */
  node: z.string().nullable(),
  lease: z.string().nullable(),
  started_at: z.int(),
  ended_at: z.int().nullable(),
  outcome: RunOutcome.nullable(),
  signal: z.string().nullable(),
  exit_code: z.int().nullable(),
  peak_rss_bytes: z.int().nullable(),
  failure: FailureCode.nullable(),
});

/** A view: jobs by the number of the last change of their state. */
export const ChangedJobRow = JobRow.pick({ id: true, image_id: true, state: true, failure: true }).extend({
  tenant: Tenant,
  updated_at: z.int(),
  change: z.int(),
});

/** What the queries may name. The values are as the driver binds them: text, whole numbers, null. */
export interface Tables extends WebhookTables {
  images: z.input<typeof ImageRow>;
  image_metadata: z.input<typeof ImageMetadataRow>;
  deleted_images: z.input<typeof DeletedImageRow>;
  sets: z.input<typeof SetRow>;
  jobs: z.input<typeof JobRow>;
  runs: z.input<typeof RunRow>;
  recipes: z.input<typeof RecipeRow>;
  watermarks: z.input<typeof WatermarkRow>;
  quarantine: z.input<typeof QuarantineRow>;
  idempotency_keys: z.input<typeof IdempotencyKeyRow>;
  resumable_uploads: z.input<typeof ResumableUploadRow>;
  changed_jobs: z.input<typeof ChangedJobRow>;
  last_change: { number: number };
  open_changes: { begun: number; over: number };
  removals: z.input<typeof RemovalRow>;
  usage: z.input<typeof UsageRow>;
  usage_changes: z.input<typeof UsageChangeRow>;
}

export function toImage(row: z.output<typeof ImageRow>): Image {
  return {
    id: row.id,
    tenant: row.tenant,
    sha256: row.sha256,
    bytes: row.bytes,
    header: { format: row.format, width: row.width, height: row.height, frames: row.frames },
    preset: row.preset,
    metadata: row.metadata,
    focus: row.focus,
    createdAt: row.created_at,
    originalRemovedAt: row.original_removed_at,
    expiresAt: row.expires_at,
  };
}

export function toJob(row: z.output<typeof JobRow>): Job {
  return {
    id: row.id,
    imageId: row.image_id,
    preset: row.preset,
    state: row.state,
    failure: row.failure,
    isBatch: row.is_batch !== 0,
    sharedRunOf: row.shared_run_of,
    requestId: row.request_id,
    ...(row.trace !== null && { trace: row.trace }),
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}

export function toRun(row: z.output<typeof RunRow>): Run {
  return {
    id: row.id,
    ...(row.node !== null && { node: row.node }),
    workerPid: row.worker_pid,
    startedAt: row.started_at,
    endedAt: row.ended_at,
    outcome: row.outcome,
    signal: row.signal,
    exitCode: row.exit_code,
    peakRssBytes: row.peak_rss_bytes,
    failure: row.failure,
  };
}

export function toQuarantined(row: z.output<typeof QuarantineRow>): Quarantined {
  return {
    tenant: row.tenant,
    sha256: row.sha256,
    decoder: row.decoder,
    imageId: row.image_id,
    jobId: row.job_id,
    signal: row.signal,
    exitCode: row.exit_code,
    at: row.at,
  };
}

export function toSet(row: z.output<typeof SetRow>): PublishedSet {
  return { runId: row.run_id, manifest: row.manifest, publishedAt: row.published_at };
}
