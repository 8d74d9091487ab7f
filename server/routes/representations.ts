import type { z } from 'zod';
import type { Description } from '../../shared/domain/description.ts';
import type { Job, Run } from '../../shared/domain/job.ts';
import type { Quarantined } from '../../shared/domain/quarantine.ts';
import { type OriginalsKept, originalKeptUntil } from '../../shared/domain/retention.ts';
import { variantPath, variantUrlName } from '../../shared/domain/variant-url.ts';
import type { ListedImage } from '../../shared/jobs/image-page.ts';
import type { ImageRecord } from '../../shared/jobs/records.ts';
import type {
  ErasureAnswer,
  ImageAnswer,
  JobAnswer,
  ListedImageAnswer,
  QuarantinedAnswer,
  RunAnswer,
  SimilarAnswer,
  UsageAnswer,
} from '../contract/answers.ts';
import type { ErasureReport } from '../operations/erase.ts';
import type { Similar } from '../operations/similar-images.ts';
import type { TenantUsage } from '../operations/tenant-usage.ts';

/** RFC 3339. */
export const time = (ms: number): string => new Date(ms).toISOString();

/**
 * @param addressOf the address under which the one who asks has a variant
 * @param keepOriginalsMs see `OriginalsKept`
 */
export function describeImage(
  record: ImageRecord,
  addressOf: (path: string) => string,
  keepOriginalsMs: OriginalsKept,
): z.output<typeof ImageAnswer> {
  const { image, job, set } = record;
  return {
    id: image.id,
    // What is made anew is there all the while; how that goes is for its job to say.
    status: set ? 'succeeded' : job.state,
    failure: set ? null : job.failure,
    createdAt: time(image.createdAt),
    expiresAt: image.expiresAt === null ? null : time(image.expiresAt),
    source: { ...image.header, bytes: image.bytes, sha256: image.sha256 },
    original: describeOriginal(record, keepOriginalsMs),
    preset: image.preset,
    metadata: image.metadata,
    focus: image.focus,
    variants: (set?.manifest.variants ?? []).map((variant) => ({
      ...variant,
      url: addressOf(variantPath(image.id, variantUrlName(variant))),
    })),
    ...describePicture(set?.manifest.description ?? null),
    privacy: set?.manifest.privacy ?? null,
    links: { self: `/images/${image.id}`, job: `/jobs/${job.id}`, similar: `/images/${image.id}/similar` },
  };
}

export function describeListed({
  image,
  jobId,
  status,
  failure,
}: ListedImage): z.output<typeof ListedImageAnswer> {
  return {
    id: image.id,
    status,
    failure,
    createdAt: time(image.createdAt),
    source: { ...image.header, bytes: image.bytes, sha256: image.sha256 },
    preset: image.preset,
    metadata: image.metadata,
    links: { self: `/images/${image.id}`, job: `/jobs/${jobId}` },
  };
}

function describeOriginal({ image, job, set }: ImageRecord, keepOriginalsMs: OriginalsKept) {
  if (image.originalRemovedAt !== null) return { kept: false, until: null };
  const ends = [
    originalKeptUntil(keepOriginalsMs, { image, job, hasVariants: set !== null }),
    image.expiresAt,
  ].filter((end) => end !== null);
  return { kept: true, until: ends.length === 0 ? null : time(Math.min(...ends)) };
}

/** All null until there is a description; those of an older pipeline never have one. */
function describePicture(description: Description | null) {
  return {
    thumbhash: description?.thumbhash ?? null,
    colour: description?.colour ?? null,
    hasAlpha: description?.hasAlpha ?? null,
    perceptualHash: description?.perceptualHash ?? null,
    quality: description?.quality ?? null,
  };
}

export function describeSimilar({
  perceptualHash,
  images,
  isComplete,
}: Similar): z.output<typeof SimilarAnswer> {
  return {
    perceptualHash,
    complete: isComplete,
    similar: images.map(({ id, distance }) => ({ id, distance, links: { self: `/images/${id}` } })),
  };
}

export function describeJob(job: Job): z.output<typeof JobAnswer> {
  return {
    id: job.id,
    imageId: job.imageId,
    status: job.state,
    failure: job.failure,
    isBatch: job.isBatch,
    // Whose it is would tell a stranger who has the same bytes of an image that is not theirs.
    sharesRun: job.sharedRunOf !== null,
    preset: job.preset,
    requestId: job.requestId,
    createdAt: time(job.createdAt),
    updatedAt: time(job.updatedAt),
    links: { self: `/jobs/${job.id}`, image: `/images/${job.imageId}` },
  };
}

export function describeRun(run: Run): z.output<typeof RunAnswer> {
  return {
    id: run.id,
    ...(run.node !== undefined && { node: run.node }),
    workerPid: run.workerPid,
    startedAt: time(run.startedAt),
    endedAt: run.endedAt === null ? null : time(run.endedAt),
    milliseconds: run.endedAt === null ? null : run.endedAt - run.startedAt,
    outcome: run.outcome,
    failure: run.failure,
    signal: run.signal,
    exitCode: run.exitCode,
    peakRssBytes: run.peakRssBytes,
  };
}

export function describeErasure({
  waitMs,
  isVerified,
  ...report
}: ErasureReport): z.output<typeof ErasureAnswer> {
  return {
    ...report,
    waitSeconds: waitMs === null ? null : Math.ceil(waitMs / 1000),
    verified: isVerified,
  };
}

export function describeUsage({ usage, quota }: TenantUsage): z.output<typeof UsageAnswer> {
  const { originalBytes, variantBytes } = usage;
  return { ...usage, bytes: originalBytes + variantBytes, quota: quota ?? { bytes: null, images: null } };
}

export function describeQuarantined(entry: Quarantined): z.output<typeof QuarantinedAnswer> {
  const { sha256, decoder, signal, exitCode, imageId, jobId } = entry;
  return {
    sha256,
    decoder,
    signal,
    exitCode,
    quarantinedAt: time(entry.at),
    links: { self: `/quarantine/${sha256}`, image: `/images/${imageId}`, job: `/jobs/${jobId}` },
  };
}
