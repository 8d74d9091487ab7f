import type { Subscription } from '../domain/webhook.ts';
import type { CallInput, CallName, CallOutput } from './calls.ts';
import type { JobStore } from './job-store.ts';

/** The calls of a {@link JobStore}, each by its name and one input: how they reach a database is for who extends it. */
export abstract class NamedCalls {
  readonly #subscriptions: () => readonly Subscription[];

  /** @param subscriptions what endpoints are told of, as it is now */
  constructor(subscriptions: () => readonly Subscription[]) {
    this.#subscriptions = subscriptions;
  }

  /** No more of it than a call needs: where it goes to is nobody's concern. */
  protected get webhooks(): Subscription[] {
    return this.#subscriptions().map(({ id, tenant, events }) => ({ id, tenant, events }));
  }

  protected abstract call<N extends CallName>(name: N, input: CallInput<N>): Promise<CallOutput<N>>;

  claimKey: JobStore['claimKey'] = (claim, at) => this.call('claimKey', { claim, at });
  releaseClaim: JobStore['releaseClaim'] = (id) => this.call('releaseClaim', id);
  releaseAllClaims: JobStore['releaseAllClaims'] = () => this.call('releaseAllClaims', undefined);
  hasTwin: JobStore['hasTwin'] = (key) => this.call('hasTwin', key);
  acceptUpload: JobStore['acceptUpload'] = (upload) =>
    this.call('acceptUpload', { ...upload, webhooks: this.webhooks });
  findRecipe: JobStore['findRecipe'] = (digest) => this.call('findRecipe', digest);
  keepWatermark: JobStore['keepWatermark'] = (watermark) => this.call('keepWatermark', watermark);
  findWatermark: JobStore['findWatermark'] = (sha256) => this.call('findWatermark', sha256);
  startRun: JobStore['startRun'] = (start) => this.call('startRun', start);
  finishRun: JobStore['finishRun'] = (end) => this.call('finishRun', { ...end, webhooks: this.webhooks });
  findImage: JobStore['findImage'] = (id, tenant) => this.call('findImage', { id, tenant, at: Date.now() });
  listImages: JobStore['listImages'] = (asked) => this.call('listImages', asked);
  indexEarlierMetadata: JobStore['indexEarlierMetadata'] = (limit) =>
    this.call('indexEarlierMetadata', { limit });
  findSimilar: JobStore['findSimilar'] = (query) => this.call('findSimilar', query);
  findJob: JobStore['findJob'] = (id) => this.call('findJob', id);
  changesAfter: JobStore['changesAfter'] = (query) => this.call('changesAfter', query);
  findChange: JobStore['findChange'] = (id) => this.call('findChange', id);
  listJobs: JobStore['listJobs'] = (query) => this.call('listJobs', query);
  queuedWork: JobStore['queuedWork'] = () => this.call('queuedWork', undefined);
  deleteImage: JobStore['deleteImage'] = (id, tenant, at, reason = 'deleted') =>
    this.call('deleteImage', { id, tenant, at, reason, webhooks: this.webhooks });
  expiredImages: JobStore['expiredImages'] = (at, limit) => this.call('expiredImages', { at, limit });
  requeueRunning: JobStore['requeueRunning'] = (at) => this.call('requeueRunning', at);
  retryJob: JobStore['retryJob'] = (id, at, pipelineVersion) =>
    this.call('retryJob', { id, at, pipelineVersion, webhooks: this.webhooks });
  queueReprocess: JobStore['queueReprocess'] = (order) =>
    this.call('queueReprocess', { ...order, webhooks: this.webhooks });
  countReprocess: JobStore['countReprocess'] = (images) => this.call('countReprocess', images);
  isQuarantined: JobStore['isQuarantined'] = (bytes) => this.call('isQuarantined', bytes);
  listQuarantine: JobStore['listQuarantine'] = (query) => this.call('listQuarantine', query);
  releaseQuarantined: JobStore['releaseQuarantined'] = (bytes) => this.call('releaseQuarantined', bytes);
  eraseImages: JobStore['eraseImages'] = (order) =>
    this.call('eraseImages', { ...order, webhooks: this.webhooks });
  borrowWebhooks: JobStore['borrowWebhooks'] = (asked) => this.call('borrowWebhooks', asked);
  settleWebhook: JobStore['settleWebhook'] = (settled) => this.call('settleWebhook', settled);
  releaseWebhooks: JobStore['releaseWebhooks'] = (at) => this.call('releaseWebhooks', { at });
  sweepWebhooks: JobStore['sweepWebhooks'] = (at) => this.call('sweepWebhooks', { at });
  webhookStates: JobStore['webhookStates'] = () => this.call('webhookStates', undefined);
  enableWebhook: JobStore['enableWebhook'] = (id) => this.call('enableWebhook', { id });
  listDeliveries: JobStore['listDeliveries'] = (asked) => this.call('listDeliveries', asked);
  replayWebhooks: JobStore['replayWebhooks'] = (order) => this.call('replayWebhooks', order);
  eraseRest: JobStore['eraseRest'] = (rest) => this.call('eraseRest', rest);
  listRemovals: JobStore['listRemovals'] = (asked) => this.call('listRemovals', asked);
  forgetRemovals: JobStore['forgetRemovals'] = (removed) => this.call('forgetRemovals', removed);
  scrub: JobStore['scrub'] = () => this.call('scrub', undefined);
  usageOf: JobStore['usageOf'] = (tenant) => this.call('usageOf', tenant);
  foldUsage: JobStore['foldUsage'] = () => this.call('foldUsage', undefined);
  recountUsage: JobStore['recountUsage'] = () => this.call('recountUsage', undefined);
  figures: JobStore['figures'] = () => this.call('figures', undefined);
  publishedAmong: JobStore['publishedAmong'] = (runs) => this.call('publishedAmong', runs);
  beginUpload: JobStore['beginUpload'] = (upload, places) =>
    this.call('beginUpload', { upload, places, at: upload.createdAt });
  findUpload: JobStore['findUpload'] = (id, tenant, at) => this.call('findUpload', { id, tenant, at });
  holdUpload: JobStore['holdUpload'] = (hold) => this.call('holdUpload', hold);
  addToUpload: JobStore['addToUpload'] = (id, hold, parts) => this.call('addToUpload', { id, hold, parts });
  endUpload: JobStore['endUpload'] = (id, end) => this.call('endUpload', { id, end });
  dropUpload: JobStore['dropUpload'] = (id) => this.call('dropUpload', id);
  uploadsToTidy: JobStore['uploadsToTidy'] = (at, limit) => this.call('uploadsToTidy', { at, limit });
  openUploadsAmong: JobStore['openUploadsAmong'] = (ids) => this.call('openUploadsAmong', ids);
  originalsKeptAmong: JobStore['originalsKeptAmong'] = (images) => this.call('originalsKeptAmong', images);
  originalsGoneAmong: JobStore['originalsGoneAmong'] = (images) => this.call('originalsGoneAmong', images);
  spentOriginals: JobStore['spentOriginals'] = (query) => this.call('spentOriginals', query);
  releaseOriginals: JobStore['releaseOriginals'] = (release) => this.call('releaseOriginals', release);
}
