import type { CallInput, CallName, CallOutput } from './calls.ts';
import type { JobStore } from './job-store.ts';

/** The calls of a {@link JobStore}, each by its name and one input: how they reach a database is for who extends it. */
export abstract class NamedCalls {
  protected abstract call<N extends CallName>(name: N, input: CallInput<N>): Promise<CallOutput<N>>;

  claimKey: JobStore['claimKey'] = (claim, at) => this.call('claimKey', { claim, at });
  releaseClaim: JobStore['releaseClaim'] = (id) => this.call('releaseClaim', id);
  releaseAllClaims: JobStore['releaseAllClaims'] = () => this.call('releaseAllClaims', undefined);
  hasTwin: JobStore['hasTwin'] = (key) => this.call('hasTwin', key);
  acceptUpload: JobStore['acceptUpload'] = (upload) => this.call('acceptUpload', upload);
  findRecipe: JobStore['findRecipe'] = (digest) => this.call('findRecipe', digest);
  keepWatermark: JobStore['keepWatermark'] = (watermark) => this.call('keepWatermark', watermark);
  findWatermark: JobStore['findWatermark'] = (sha256) => this.call('findWatermark', sha256);
  startRun: JobStore['startRun'] = (start) => this.call('startRun', start);
  finishRun: JobStore['finishRun'] = (end) => this.call('finishRun', end);
  findImage: JobStore['findImage'] = (id, tenant) => this.call('findImage', { id, tenant });
  findSimilar: JobStore['findSimilar'] = (query) => this.call('findSimilar', query);
  findJob: JobStore['findJob'] = (id) => this.call('findJob', id);
  listJobs: JobStore['listJobs'] = (query) => this.call('listJobs', query);
  queuedWork: JobStore['queuedWork'] = () => this.call('queuedWork', undefined);
  deleteImage: JobStore['deleteImage'] = (id, tenant, at) => this.call('deleteImage', { id, tenant, at });
  requeueRunning: JobStore['requeueRunning'] = (at) => this.call('requeueRunning', at);
  retryJob: JobStore['retryJob'] = (id, at, pipelineVersion) =>
    this.call('retryJob', { id, at, pipelineVersion });
  queueReprocess: JobStore['queueReprocess'] = (order) => this.call('queueReprocess', order);
  countReprocess: JobStore['countReprocess'] = (images) => this.call('countReprocess', images);
  isQuarantined: JobStore['isQuarantined'] = (bytes) => this.call('isQuarantined', bytes);
  listQuarantine: JobStore['listQuarantine'] = (query) => this.call('listQuarantine', query);
  releaseQuarantined: JobStore['releaseQuarantined'] = (bytes) => this.call('releaseQuarantined', bytes);
  figures: JobStore['figures'] = () => this.call('figures', undefined);
  publishedAmong: JobStore['publishedAmong'] = (runs) => this.call('publishedAmong', runs);
  existingAmong: JobStore['existingAmong'] = (images) => this.call('existingAmong', images);
  deletedAmong: JobStore['deletedAmong'] = (images) => this.call('deletedAmong', images);
  beginUpload: JobStore['beginUpload'] = (upload, places) =>
    this.call('beginUpload', { upload, places, at: upload.createdAt });
  findUpload: JobStore['findUpload'] = (id, tenant, at) => this.call('findUpload', { id, tenant, at });
  holdUpload: JobStore['holdUpload'] = (hold) => this.call('holdUpload', hold);
  addToUpload: JobStore['addToUpload'] = (id, hold, parts) => this.call('addToUpload', { id, hold, parts });
  endUpload: JobStore['endUpload'] = (id, end) => this.call('endUpload', { id, end });
  dropUpload: JobStore['dropUpload'] = (id) => this.call('dropUpload', id);
  uploadsToTidy: JobStore['uploadsToTidy'] = (at, limit) => this.call('uploadsToTidy', { at, limit });
  openUploadsAmong: JobStore['openUploadsAmong'] = (ids) => this.call('openUploadsAmong', ids);
}
