import type { FirstAnswer } from '../../shared/domain/idempotency.ts';
import { DEFAULT_TENANT, newImageId, newJobId, type Sha256 } from '../../shared/domain/ids.ts';
import { PIPELINE_VERSION } from '../../shared/domain/image.ts';
import type { Job } from '../../shared/domain/job.ts';
import { presetDigest } from '../../shared/domain/preset.ts';
import type { Decoder } from '../../shared/domain/quarantine.ts';
import { StoreError } from '../../shared/errors.ts';
import type { AcceptedUpload, JobStore } from '../../shared/jobs/job-store.ts';
import type { HandOff } from '../../shared/queue/hand-off.ts';
import type { ImageStorage } from '../../shared/storage/image-storage.ts';
import type { Logger } from '../../shared/telemetry/logger.ts';
import { Problem } from '../problem.ts';
import { type Attempt, claimKeyOf, fingerprintOf, keyInFlight, keyReused } from './idempotency.ts';
import { acceptedHeader } from './inspect/accepted-header.ts';
import type { BudgetLimits } from './inspect/budget.ts';
import { noRoom } from './no-room.ts';
import { type Parameters, readParameters } from './parameters.ts';
import { type IncomingUpload, type ReceivedUpload, type ReceiveLimits, receive } from './receive.ts';
import type { SpoolFile } from './spool-file.ts';

/** Once an upload has been received it takes far less than this until it is answered. */
const ANSWER_MARGIN_MS = 30_000;

/** An accepted job as it was then, be it by this request or by the one that it repeats. */
export interface Answer {
  job: FirstAnswer['job'];
  isRepeated: boolean;
}

/**
 * The way of an upload, up to the 200: receive, inspect, reserve, accept. Each step may refuse it, and then
 * nothing of it is left; after the last one nothing can lose it.
 */
export class Intake {
  readonly #store: JobStore;
  readonly #storage: ImageStorage;
  readonly #handOff: HandOff;
  readonly #decoder: () => Decoder | null;
  readonly #limits: ReceiveLimits & BudgetLimits;
  #underWay = 0;
  #whenIdle: (() => void)[] = [];

  /** @param decoder what decodes; null until a worker has said it */
  constructor(
    store: JobStore,
    storage: ImageStorage,
    handOff: HandOff,
    decoder: () => Decoder | null,
    limits: ReceiveLimits & BudgetLimits,
  ) {
    this.#store = store;
    this.#storage = storage;
    this.#handOff = handOff;
    this.#decoder = decoder;
    this.#limits = limits;
  }

  /**
   * @returns the accepted job, which is on disk with its original
   * @throws {Problem | StoreError} when the upload is refused
   */
  async accept(upload: IncomingUpload, requestId: string, log: Logger): Promise<Answer> {
    this.#underWay++;
    try {
      const leaseMs = this.#limits.wholeMs + ANSWER_MARGIN_MS;
      const attempt = await claimKeyOf(upload.idempotencyKey, this.#store, leaseMs);
      try {
        return await this.#answer(upload, attempt, requestId, log);
      } catch (error) {
        await this.#giveUp(attempt, log);
        throw error;
      }
    } finally {
      this.#underWay--;
      if (this.#underWay === 0) for (const resolve of this.#whenIdle.splice(0)) resolve();
    }
  }

  /** Resolves when no upload is under way. */
  idle(): Promise<void> {
    if (this.#underWay === 0) return Promise.resolve();
    return new Promise((resolve) => this.#whenIdle.push(resolve));
  }

  async #answer(upload: IncomingUpload, attempt: Attempt, requestId: string, log: Logger): Promise<Answer> {
    if (attempt.kind !== 'again' && !this.#handOff.isWorthReading()) {
      log.info({ reason: 'line_too_long' }, 'upload refused');
      throw noRoom('busy');
    }
    const begin = performance.now();
    const received = await receive(upload, this.#limits);
    try {
      const readMs = Math.round(performance.now() - begin);
      const parameters = readParameters(received.fields);
      const fingerprint = fingerprintOf(received.sha256, parameters);
      if (attempt.kind === 'again') {
        if (attempt.fingerprint !== fingerprint) throw keyReused();
        log.info({ imageId: attempt.job.imageId, jobId: attempt.job.id, readMs }, 'upload repeated');
        return { job: attempt.job, isRepeated: true };
      }
      const claim = attempt.kind === 'first' ? { id: attempt.claim, fingerprint } : null;
      const asked = await this.#asked(received, parameters, claim, requestId);
      return { job: await this.#accept(asked, received.spool, log.child({ readMs })), isRepeated: false };
    } finally {
      await received.spool.dispose();
    }
  }

  /** What there is to accept, when nothing speaks against it. */
  async #asked(
    { spool, sha256 }: ReceivedUpload,
    parameters: Parameters,
    claim: AcceptedUpload['claim'],
    requestId: string,
  ): Promise<Omit<AcceptedUpload, 'needsTwin'>> {
    const { preset, metadata } = parameters;
    const header = await acceptedHeader(spool.byteSource(), this.#limits);
    await this.#refuseQuarantined(sha256);
    return {
      image: {
        id: newImageId(),
        tenant: DEFAULT_TENANT,
        sha256,
        bytes: spool.bytes,
        header,
        preset: preset.name,
        metadata,
        createdAt: Date.now(),
      },
      jobId: newJobId(),
      requestId,
      presetDigest: presetDigest(preset),
      pipelineVersion: PIPELINE_VERSION,
      claim,
    };
  }

  async #refuseQuarantined(sha256: Sha256): Promise<void> {
    const decoder = this.#decoder();
    if (decoder === null || !(await this.#store.isQuarantined({ tenant: DEFAULT_TENANT, sha256, decoder })))
      return;
    throw new Problem(
      'quarantined',
      'These bytes have crashed the decoder twice. Save the picture anew in an image editor, and send that.',
    );
  }

  async #accept(asked: Omit<AcceptedUpload, 'needsTwin'>, spool: SpoolFile, log: Logger): Promise<Job> {
    const { image, jobId, requestId, presetDigest, pipelineVersion } = asked;
    const about = { imageId: image.id, jobId };
    if (await this.#store.hasTwin({ ...image, presetDigest, pipelineVersion })) {
      const job = await this.#keep({ ...asked, needsTwin: true }, spool);
      log.info({ ...about, sharedRunOf: job.sharedRunOf }, 'upload accepted');
      return job;
    }
    const begin = performance.now();
    const room = await this.#handOff.reserve();
    const handOffMs = Math.round(performance.now() - begin);
    if (typeof room === 'string') {
      log.info({ handOffMs, reason: room }, 'upload refused');
      throw noRoom(room);
    }
    try {
      const job = await this.#keep({ ...asked, needsTwin: false }, spool);
      if (job.sharedRunOf === null) {
        const { format } = image.header;
        room.submit({ jobId, imageId: image.id, preset: image.preset, requestId, format, isSuspect: false });
      } else room.release();
      log.info({ ...about, handOffMs, sharedRunOf: job.sharedRunOf }, 'upload accepted');
      return job;
    } catch (error) {
      room.release();
      throw error;
    }
  }

  /** Original first, then its row: a row never names what is not on disk. */
  async #keep(upload: AcceptedUpload, spool: SpoolFile): Promise<Job> {
    const { id } = upload.image;
    await spool.toDisk();
    await this.#storage.keepOriginal(id, spool.path);
    try {
      const job = await this.#store.acceptUpload(upload);
      if (typeof job !== 'string') return job;
      await this.#storage.removeOriginal(id);
      // Its twin has gone a moment ago, and there is no worker for it; or it took longer than its claim.
      throw job === 'no_twin' ? noRoom('busy') : keyInFlight();
    } catch (error) {
      // Only a database that is surely without the row: what a broken commit has left is for the next boot to see.
      if (error instanceof StoreError && error.code === 'storage_full')
        await this.#storage.removeOriginal(id);
      throw error;
    }
  }

  async #giveUp(attempt: Attempt, log: Logger): Promise<void> {
    if (attempt.kind !== 'first') return;
    // The claim ends by itself as well, and the refusal has to be answered.
    await this.#store
      .releaseClaim(attempt.claim)
      .catch((error) => log.error({ err: error }, 'key still claimed'));
  }
}
