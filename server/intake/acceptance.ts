import pLimit from 'p-limit';
import type { Job } from '../../shared/domain/job.ts';
import type { Decoder, QuarantinedBytes } from '../../shared/domain/quarantine.ts';
import { StoreError } from '../../shared/errors.ts';
import type { JobStore } from '../../shared/jobs/job-store.ts';
import type { AcceptedUpload, Work } from '../../shared/jobs/records.ts';
import type { HandOff, Retries } from '../../shared/queue/hand-off.ts';
import type { ImageStorage } from '../../shared/storage/image-storage.ts';
import { spanned } from '../../shared/telemetry/metrics.ts';
import { refuseBeyond } from '../access/quotas.ts';
import { Problem } from '../problem.ts';
import { Ahead } from './ahead.ts';
import { keyInFlight } from './idempotency.ts';
import { noRoom } from './no-room.ts';
import type { SpoolFile } from './spool-file.ts';
import type { Told } from './told.ts';
import { UploadedOriginal } from './uploaded-original.ts';

/** Uploads that need no worker, and may be on their way to the disk together. */
export const SHARED_AT_ONCE = 32;

/** What there is to accept, before it is known whether it needs a worker. */
export type NewUpload = Omit<AcceptedUpload, 'needsTwin' | 'turn'>;

/** The end of an upload's way: it shares a run of the same bytes, or has a worker reserved, and is kept. */
export class Acceptance {
  readonly #store: JobStore;
  readonly #storage: ImageStorage;
  readonly #handOff: HandOff;
  readonly #retries: Retries;
  readonly #decoder: () => Decoder | null;
  readonly #ahead = new Ahead();
  readonly #sharing = pLimit(SHARED_AT_ONCE);

  /** @param decoder what decodes; null until a worker has said it */
  constructor(
    store: JobStore,
    storage: ImageStorage,
    handOff: HandOff,
    retries: Retries,
    decoder: () => Decoder | null,
  ) {
    this.#store = store;
    this.#storage = storage;
    this.#handOff = handOff;
    this.#retries = retries;
    this.#decoder = decoder;
  }

  /**
   * @returns the job, which is on disk with its original
   * @throws {Problem | StoreError} when it is refused; then nothing of it is left but its spool file
   */
  accept(upload: NewUpload, spool: SpoolFile, told: Told): Promise<Job> {
    // Of equal ones that come together the first is accepted, so that the others can share its run.
    const name = `${upload.image.tenant} ${upload.image.sha256} ${upload.recipeDigest}`;
    return this.#ahead.behind(name, (isAhead) => this.#accept(upload, spool, isAhead, told));
  }

  async #accept(upload: NewUpload, spool: SpoolFile, isAhead: boolean, told: Told): Promise<Job> {
    const original = new UploadedOriginal(upload.image.id, spool, this.#storage);
    try {
      // The store is asked both at once: each way there and back is felt in the answer.
      const [hasTwin] = await Promise.all([this.#hasTwin(upload), this.#refuseQuarantined(upload.image)]);
      const shared = hasTwin ? await this.#share(upload, original, told) : null;
      if (shared) return shared;
      if (upload.hasPlace) return await this.#queue(upload, original, told);
      return await this.#reserve(upload, original, isAhead, told);
    } catch (error) {
      // What a commit has left of which nobody knows is for the next boot to see.
      if (!(error instanceof StoreError) || error.nothingKept) await original.discard();
      throw error;
    }
  }

  /** Whether there is a run of another upload of the same bytes, to be shared. */
  #hasTwin(upload: NewUpload): Promise<boolean> {
    return this.#store.hasTwin({ ...upload.image, ...upload });
  }

  /** Null: the run to be shared has gone a moment ago. */
  #share(upload: NewUpload, original: UploadedOriginal, told: Told): Promise<Job | null> {
    return this.#sharing(() => this.#keep({ ...upload, needsTwin: true }, original, told));
  }

  async #reserve(upload: NewUpload, original: UploadedOriginal, isAhead: boolean, told: Told): Promise<Job> {
    const { image, memoryBytes, isBatch } = upload;
    const need = { tenant: image.tenant, memoryBytes, isBatch };
    const room = await spanned('reserve', () => this.#handOff.reserve(need), told.ms);
    if (typeof room === 'string') {
      // While it waited, one of the same bytes may have been accepted, unless they all waited for this one.
      const hasTwin = room === 'busy' && !isAhead && (await this.#hasTwin(upload));
      const shared = hasTwin ? await this.#share(upload, original, told) : null;
      if (shared) return shared;
      told.reason = room;
      throw noRoom(room, isBatch);
    }
    let job: Job | null = null;
    try {
      const turn = room.turn !== undefined && { turn: room.turn };
      job = await this.#keep({ ...upload, needsTwin: false, ...turn }, original, told);
    } finally {
      if (job?.sharedRunOf !== null) room.release();
    }
    if (!job) throw new Error('an upload that needs no twin was refused for want of one');
    if (job.sharedRunOf === null) {
      room.submit(workOf(job, upload));
    }
    return job;
  }

  /** It has had its place since it began to come, and waits for a worker as what was accepted long ago does. */
  async #queue(upload: NewUpload, original: UploadedOriginal, told: Told): Promise<Job> {
    const job = await this.#keep({ ...upload, needsTwin: false }, original, told);
    if (!job) throw new Error('an upload that needs no twin was refused for want of one');
    if (job.state === 'queued' && job.sharedRunOf === null) this.#retries.addBacklog(workOf(job, upload));
    return job;
  }

  /** Original first, then its row: a row never names what is not on disk. Null: it needs a twin, and there is none. */
  async #keep(upload: AcceptedUpload, original: UploadedOriginal, told: Told): Promise<Job | null> {
    const keep = async () => {
      await original.keep();
      return this.#store.acceptUpload(upload);
    };
    const job = await spanned('accept', keep, told.ms);
    if (job === 'no_twin') return null;
    // It took longer than its claim held.
    if (job === 'claim_lost') throw keyInFlight();
    if (job === 'over_quota') throw await this.#overQuota(upload);
    return job;
  }

  /** @throws {Problem} with what there is */
  async #overQuota({ image, quota }: AcceptedUpload): Promise<Problem> {
    if (quota) refuseBeyond(quota, await this.#store.usageOf(image.tenant), image.bytes);
    return new Problem(
      'quota_exceeded',
      'It was used up a moment ago, and is not any more: send the image again.',
    );
  }

  async #refuseQuarantined({ tenant, sha256 }: QuarantinedBytes): Promise<void> {
    const decoder = this.#decoder();
    if (decoder === null || !(await this.#store.isQuarantined({ tenant, sha256, decoder }))) return;
    throw new Problem(
      'quarantined',
      'These bytes have crashed the decoder twice. Save the picture anew in an image editor, and send that.',
    );
  }
}

function workOf(
  { id, imageId, preset, requestId, trace }: Job,
  { image, recipeDigest, memoryBytes, isBatch }: NewUpload,
): Work {
  return {
    jobId: id,
    imageId,
    tenant: image.tenant,
    preset,
    requestId,
    recipeDigest,
    ...(trace && { trace }),
    format: image.header.format,
    memoryBytes,
    isBatch,
    isSuspect: false,
  };
}
