import { acceptUpload } from './accept.ts';
import { deleteImage, releaseQuarantined, retryJob } from './by-hand.ts';
import { claimKey, releaseAllClaims, releaseClaim } from './idempotency.ts';
import {
  deletedAmong,
  existingAmong,
  figures,
  findImage,
  findJob,
  isQuarantined,
  listJobs,
  listQuarantine,
  publishedAmong,
  queuedWork,
} from './reads.ts';
import { findRecipe, findWatermark, keepWatermark } from './recipes.ts';
import { countReprocess, queueReprocess } from './reprocess.ts';
import {
  addToUpload,
  beginUpload,
  dropUpload,
  endUpload,
  findUpload,
  holdUpload,
  openUploadsAmong,
  uploadsToTidy,
} from './resumable.ts';
import { finishRun, requeueRunning, startRun } from './runs.ts';
import { hasTwin } from './sharing.ts';
import { findSimilar } from './similar.ts';

/**
 * What a call needs of its database.
 * - `lookup`: one question
 * - `read`: several, to be answered by one moment's records
 * - `durable`: a change that is on the disk before it is answered
 * - `relaxed`: a change that a power cut may undo
 */
export type CallKind = 'lookup' | 'read' | 'durable' | 'relaxed';

/** Each call of the job store by its name: its query, and what it needs of the disk. */
export const CALLS = {
  findImage: { kind: 'read', query: findImage },
  findSimilar: { kind: 'read', query: findSimilar },
  findJob: { kind: 'read', query: findJob },
  listJobs: { kind: 'lookup', query: listJobs },
  queuedWork: { kind: 'lookup', query: queuedWork },
  publishedAmong: { kind: 'read', query: publishedAmong },
  existingAmong: { kind: 'read', query: existingAmong },
  deletedAmong: { kind: 'read', query: deletedAmong },
  queueReprocess: { kind: 'durable', query: queueReprocess },
  countReprocess: { kind: 'read', query: countReprocess },
  figures: { kind: 'read', query: figures },
  isQuarantined: { kind: 'lookup', query: isQuarantined },
  listQuarantine: { kind: 'lookup', query: listQuarantine },
  retryJob: { kind: 'durable', query: retryJob },
  releaseQuarantined: { kind: 'durable', query: releaseQuarantined },
  // A claim that a power cut undoes belonged to a request that it cut as well.
  claimKey: { kind: 'relaxed', query: claimKey },
  releaseClaim: { kind: 'relaxed', query: releaseClaim },
  releaseAllClaims: { kind: 'durable', query: releaseAllClaims },
  // What it finds may be gone a moment later in any case.
  hasTwin: { kind: 'lookup', query: hasTwin },
  acceptUpload: { kind: 'durable', query: acceptUpload },
  findRecipe: { kind: 'lookup', query: findRecipe },
  keepWatermark: { kind: 'durable', query: keepWatermark },
  findWatermark: { kind: 'lookup', query: findWatermark },
  startRun: { kind: 'relaxed', query: startRun },
  finishRun: { kind: 'durable', query: finishRun },
  deleteImage: { kind: 'durable', query: deleteImage },
  requeueRunning: { kind: 'durable', query: requeueRunning },
  beginUpload: { kind: 'durable', query: beginUpload },
  findUpload: { kind: 'lookup', query: findUpload },
  // Who held it before a power cut is gone.
  holdUpload: { kind: 'relaxed', query: holdUpload },
  addToUpload: { kind: 'durable', query: addToUpload },
  endUpload: { kind: 'durable', query: endUpload },
  dropUpload: { kind: 'durable', query: dropUpload },
  uploadsToTidy: { kind: 'read', query: uploadsToTidy },
  openUploadsAmong: { kind: 'lookup', query: openUploadsAmong },
} as const satisfies Record<string, { kind: CallKind; query: unknown }>;

export type CallName = keyof typeof CALLS;

type Query<N extends CallName> = (typeof CALLS)[N]['query'];
export type CallInput<N extends CallName> = Parameters<Query<N>>[1];
export type CallOutput<N extends CallName> = Awaited<ReturnType<Query<N>>>;
