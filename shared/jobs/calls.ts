import { acceptUpload } from './accept.ts';
import { originalsGoneAmong, originalsKeptAmong, publishedAmong } from './among.ts';
import { deleteImage, releaseQuarantined, retryJob } from './by-hand.ts';
import { changesAfter, findChange } from './changes.ts';
import { eraseImages, eraseRest } from './erasing/erase.ts';
import { forgetRemovals, listRemovals } from './erasing/removals.ts';
import { scrub } from './erasing/scrub.ts';
import { figures } from './figures.ts';
import { claimKey, releaseAllClaims, releaseClaim } from './idempotency.ts';
import { indexEarlierMetadata } from './image-metadata.ts';
import { listImages } from './list-images.ts';
import { findImage, findJob, isQuarantined, listJobs, listQuarantine, queuedWork } from './reads.ts';
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
} from './resumable/resumable.ts';
import { expiredImages, releaseOriginals, spentOriginals } from './retention.ts';
import { finishRun, requeueRunning, startRun } from './runs.ts';
import { hasTwin } from './sharing.ts';
import { findSimilar } from './similar.ts';
import { foldUsage, recountUsage, usageOf } from './usage.ts';
import { enableWebhook, listDeliveries, replayWebhooks, webhookStates } from './webhooks/deliveries.ts';
import { borrowWebhooks, releaseWebhooks, settleWebhook, sweepWebhooks } from './webhooks/tries.ts';

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
  listImages: { kind: 'read', query: listImages },
  findSimilar: { kind: 'read', query: findSimilar },
  findJob: { kind: 'read', query: findJob },
  // What comes meanwhile is to be seen: in PostgreSQL each question is one of its own.
  changesAfter: { kind: 'lookup', query: changesAfter },
  findChange: { kind: 'lookup', query: findChange },
  listJobs: { kind: 'lookup', query: listJobs },
  queuedWork: { kind: 'lookup', query: queuedWork },
  publishedAmong: { kind: 'read', query: publishedAmong },
  originalsKeptAmong: { kind: 'read', query: originalsKeptAmong },
  originalsGoneAmong: { kind: 'read', query: originalsGoneAmong },
  queueReprocess: { kind: 'durable', query: queueReprocess },
  countReprocess: { kind: 'read', query: countReprocess },
  eraseImages: { kind: 'durable', query: eraseImages },
  eraseRest: { kind: 'durable', query: eraseRest },
  // What a power cut undoes is told once more.
  borrowWebhooks: { kind: 'relaxed', query: borrowWebhooks },
  // An endpoint that has said that it wants nothing more is not to be asked again.
  settleWebhook: { kind: 'durable', query: settleWebhook },
  releaseWebhooks: { kind: 'relaxed', query: releaseWebhooks },
  sweepWebhooks: { kind: 'relaxed', query: sweepWebhooks },
  webhookStates: { kind: 'read', query: webhookStates },
  enableWebhook: { kind: 'durable', query: enableWebhook },
  listDeliveries: { kind: 'lookup', query: listDeliveries },
  replayWebhooks: { kind: 'durable', query: replayWebhooks },
  listRemovals: { kind: 'read', query: listRemovals },
  forgetRemovals: { kind: 'durable', query: forgetRemovals },
  // What cuts the log of the database stands outside of any transaction.
  scrub: { kind: 'lookup', query: scrub },
  spentOriginals: { kind: 'lookup', query: spentOriginals },
  expiredImages: { kind: 'lookup', query: expiredImages },
  releaseOriginals: { kind: 'durable', query: releaseOriginals },
  usageOf: { kind: 'lookup', query: usageOf },
  foldUsage: { kind: 'durable', query: foldUsage },
  recountUsage: { kind: 'durable', query: recountUsage },
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
  indexEarlierMetadata: { kind: 'durable', query: indexEarlierMetadata },
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
