import pLimit from 'p-limit';
import type { Tenant } from '../../shared/domain/ids.ts';
import type { MetadataField } from '../../shared/domain/metadata-field.ts';
import { StoreError } from '../../shared/errors.ts';
import {
  type Forgotten,
  NOTHING_FORGOTTEN,
  type Removal,
  type Scrubbed,
} from '../../shared/jobs/erasing/erasure.ts';
import type { JobStore } from '../../shared/jobs/job-store.ts';
import type { Retries } from '../../shared/queue/hand-off.ts';
import type { ImageStorage } from '../../shared/storage/image-storage.ts';
import type { UploadParts } from '../../shared/storage/upload-parts.ts';
import type { Logger } from '../../shared/telemetry/logger.ts';

/** Jobs of images that were deleted before, and uploads, forgotten in one call. */
const JOBS_AT_ONCE = 500;

/** Files, and uploads with their parts, in one call: an original and a set for each image of the largest page, and what was left. */
const FILES_AT_ONCE = 500;
const REMOVED_TOGETHER = 8;

/** A run has been killed by its deadline, and its output removed, when so many deadlines have passed. */
const DEADLINES = 2;

/** Of whom nothing is to be left. With neither metadata nor a time, all of the tenant. */
export interface Erasure {
  tenant: Tenant;
  metadata: MetadataField | null;
  /** Accepted before, in milliseconds since 1970. */
  before: number | null;
  /** Images in one call. */
  limit: number;
  /** Whether nothing of it may be left even between the rows of the database, for which all have to wait that need it. */
  rewritesDatabase: boolean;
}

/** What one call has erased, and what is still to be. */
export interface ErasureReport extends Forgotten {
  /** Files that could not be removed; the next call tries again. */
  failed: { file: string; why: string }[];
  /** Until a run of an erased image has ended that went on, and what it has made is removed; null: there is none. */
  waitMs: number | null;
  /** Null: not yet. */
  database: Scrubbed | null;
  /** This call has looked for all that could be left, and found nothing. */
  isVerified: boolean;
}

export interface EraseParts {
  store: JobStore;
  storage: ImageStorage;
  uploadParts: UploadParts;
  retries: Retries;
  jobTimeoutMs: number;
}

/**
 * Erases a page of images with all that is known of them, and in the end what no image names. To be called until it is
 * verified: each call goes on where the one before has ended, however that was.
 * @throws {StoreError}
 */
export async function eraseSome(erasure: Erasure, parts: EraseParts, log: Logger): Promise<ErasureReport> {
  const { tenant, metadata, before, limit, rewritesDatabase } = erasure;
  const { store, storage, uploadParts, retries, jobTimeoutMs } = parts;
  const at = Date.now();
  const page = await store.listImages({
    tenant,
    metadata: metadata ?? undefined,
    until: before ?? undefined,
    limit,
  });
  let forgotten: Forgotten = NOTHING_FORGOTTEN;
  let isRestGone = page.isComplete;
  if (page.images.length > 0) {
    const images = page.images.map(({ image }) => image.id);
    const runsEndBy = at + DEADLINES * jobTimeoutMs;
    const { promoted, ...erased } = await store.eraseImages({ tenant, images, at, runsEndBy });
    for (const work of promoted) retries.addBacklog(work);
    forgotten = erased;
    isRestGone = false;
  } else if (metadata === null && before === null) {
    const { isUnderWay, ...rest } = await store.eraseRest({ tenant, at, limit: JOBS_AT_ONCE });
    forgotten = rest;
    isRestGone = !isUnderWay && Object.values(rest).every((count) => count === 0);
  }
  const failed = await removeFiles(tenant, at, store, storage, uploadParts);
  const { due, waitsMs } = await store.listRemovals({ tenant, at, limit: 1 });
  const isAllGone = isRestGone && waitsMs === null;
  const database = isAllGone ? (rewritesDatabase ? await store.scrub() : 'freed') : null;
  const report = {
    ...forgotten,
    failed,
    waitMs: due.length > 0 || failed.length > 0 ? null : waitsMs,
    database,
    isVerified: isAllGone && database !== 'in_use',
  };
  log.info({ tenant, ...report, failed: failed.length }, 'erased');
  return report;
}

/** Those that could not be removed stay on the list. */
async function removeFiles(
  tenant: Tenant,
  at: number,
  store: JobStore,
  storage: ImageStorage,
  uploadParts: UploadParts,
): Promise<ErasureReport['failed']> {
  const { due } = await store.listRemovals({ tenant, at, limit: FILES_AT_ONCE });
  const failed: ErasureReport['failed'] = [];
  const removed: Removal[] = [];
  const together = pLimit(REMOVED_TOGETHER);
  await together.map(due, async (removal) => {
    try {
      await remove(removal, storage, uploadParts);
      removed.push(removal);
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      failed.push({ file: fileOf(removal), why: error.code });
    }
  });
  if (removed.length > 0) await store.forgetRemovals(removed);
  return failed;
}

function remove(removal: Removal, storage: ImageStorage, uploadParts: UploadParts): Promise<void> {
  switch (removal.kind) {
    case 'original':
      return storage.removeOriginal(removal.id);
    case 'set':
      return storage.removePublished(removal.id);
    case 'parts':
      return uploadParts.removeAll(removal.id);
  }
}

const FOLDERS = { original: 'originals', set: 'variants', parts: 'uploads' };
const fileOf = ({ kind, id }: Removal): string => `${FOLDERS[kind]}/${id}`;
