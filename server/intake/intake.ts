import pLimit from 'p-limit';
import type { FirstAnswer } from '../../shared/domain/idempotency.ts';
import { DEFAULT_TENANT, newImageId, newJobId, type Sha256 } from '../../shared/domain/ids.ts';
import { PIPELINE_VERSION } from '../../shared/domain/image.ts';
import type { Job } from '../../shared/domain/job.ts';
import { recipeDigest, recipeFor } from '../../shared/domain/preset.ts';
import type { Decoder } from '../../shared/domain/quarantine.ts';
import { StoreError } from '../../shared/errors.ts';
import type { AcceptedUpload, JobStore } from '../../shared/jobs/job-store.ts';
import type { PresetsByName } from '../../shared/presets/configured-presets.ts';
import type { HandOff } from '../../shared/queue/hand-off.ts';
import type { ImageStorage } from '../../shared/storage/image-storage.ts';
import type { Logger } from '../../shared/telemetry/logger.ts';
import { Problem } from '../problem.ts';
import { Ahead } from './ahead.ts';
import { type Attempt, claimKeyOf, fingerprintOf, keyInFlight, keyReused } from './idempotency.ts';
import { acceptedHeader } from './inspect/accepted-header.ts';
import type { BudgetLimits } from './inspect/budget.ts';
import { noRoom } from './no-room.ts';
import { type Parameters, readParameters } from './parameters.ts';
import { type IncomingUpload, type ReceivedUpload, type ReceiveLimits, receive } from './receive.ts';
import type { SpoolFile } from './spool-file.ts';
import { UploadedOriginal } from './uploaded-original.ts';

/** Once an upload has been received it takes far less than this until it is answered. */
const ANSWER_MARGIN_MS = 30_000;

/** Uploads that need no worker, and may be on their way to the disk together. */
export const SHARED_AT_ONCE = 32;

type NewUpload = Omit<AcceptedUpload, 'needsTwin'>;

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
  readonly #presets: PresetsByName;
  readonly #limits: ReceiveLimits & BudgetLimits;
  readonly #ahead = new Ahead();
  readonly #sharing = pLimit(SHARED_AT_ONCE);
  #underWay = 0;
  #whenIdle: (() => void)[] = [];

  /** @param decoder what decodes; null until a worker has said it */
  constructor(
    store: JobStore,
    storage: ImageStorage,
    handOff: HandOff,
    decoder: () => Decoder | null,
    presets: PresetsByName,
    limits: ReceiveLimits & BudgetLimits,
  ) {
    this.#store = store;
    this.#storage = storage;
    this.#handOff = handOff;
    this.#decoder = decoder;
    this.#presets = presets;
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
      const answer = await this.#answerReceived(received, attempt, requestId, log.child({ readMs }));
      if (!answer.isRepeated) received.spool.takenOver();
      return answer;
    } finally {
      await received.spool.dispose();
    }
  }

  async #answerReceived(
    received: ReceivedUpload,
    attempt: Attempt,
    requestId: string,
    log: Logger,
  ): Promise<Answer> {
    const parameters = readParameters(received.fields, this.#presets);
    const { preset, metadata, focus } = parameters;
    // Without a focus it is what it was before there was one: keys of then are repeated for a day.
    const named = { preset: preset.name, metadata, ...(focus && { focus }) };
    const fingerprint = fingerprintOf(received.sha256, named);
    if (attempt.kind === 'again') {
      if (attempt.fingerprint !== fingerprint) throw keyReused();
      log.info({ imageId: attempt.job.imageId, jobId: attempt.job.id }, 'upload repeated');
      return { job: attempt.job, isRepeated: true };
    }
    const claim = attempt.kind === 'first' ? { id: attempt.claim, fingerprint } : null;
    const asked = await this.#asked(received, parameters, claim, requestId);
    // Of equal ones that come together the first is accepted, so that the others can share its run.
    const name = `${asked.image.tenant} ${asked.image.sha256} ${asked.recipeDigest}`;
    const job = await this.#ahead.behind(name, () => this.#accept(asked, received.spool, log));
    return { job, isRepeated: false };
  }

  /** What there is to accept, when its header does not speak against it. */
  async #asked(
    { spool, sha256 }: ReceivedUpload,
    parameters: Parameters,
    claim: AcceptedUpload['claim'],
    requestId: string,
  ): Promise<NewUpload> {
    const { preset, metadata, focus } = parameters;
    const header = await acceptedHeader(spool.byteSource(), this.#limits, preset.animated);
    const recipe = recipeFor(preset, focus);
    return {
      image: {
        id: newImageId(),
        tenant: DEFAULT_TENANT,
        sha256,
        bytes: spool.bytes,
        header,
        preset: preset.name,
        metadata,
        focus,
        createdAt: Date.now(),
      },
      jobId: newJobId(),
      requestId,
      recipe,
      recipeDigest: recipeDigest(recipe),
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

  async #accept(upload: NewUpload, spool: SpoolFile, log: Logger): Promise<Job> {
    const original = new UploadedOriginal(upload.image.id, spool, this.#storage);
    try {
      // The store is asked both at once: each way there and back is felt in the answer.
      const [hasTwin] = await Promise.all([
        this.#hasTwin(upload),
        this.#refuseQuarantined(upload.image.sha256),
      ]);
      const shared = hasTwin ? await this.#share(upload, original, log) : null;
      return shared ?? (await this.#reserve(upload, original, log));
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
  async #share(upload: NewUpload, original: UploadedOriginal, log: Logger): Promise<Job | null> {
    return this.#sharing(async () => {
      const job = await this.#keep({ ...upload, needsTwin: true }, original);
      if (job) log.info({ ...about(job), sharedRunOf: job.sharedRunOf }, 'upload accepted');
      return job;
    });
  }

  async #reserve(upload: NewUpload, original: UploadedOriginal, log: Logger): Promise<Job> {
    const begin = performance.now();
    const room = await this.#handOff.reserve();
    const handOffMs = Math.round(performance.now() - begin);
    if (typeof room === 'string') {
      // While it waited, one of the same bytes may have been accepted.
      const hasTwin = room === 'busy' && (await this.#hasTwin(upload));
      const shared = hasTwin ? await this.#share(upload, original, log) : null;
      if (shared) return shared;
      log.info({ handOffMs, reason: room }, 'upload refused');
      throw noRoom(room);
    }
    let job: Job | null = null;
    try {
      job = await this.#keep({ ...upload, needsTwin: false }, original);
    } finally {
      if (job?.sharedRunOf !== null) room.release();
    }
    if (!job) throw new Error('an upload that needs no twin was refused for want of one');
    log.info({ ...about(job), handOffMs, sharedRunOf: job.sharedRunOf }, 'upload accepted');
    if (job.sharedRunOf === null) {
      const { id, imageId, preset, requestId } = job;
      const { format } = upload.image.header;
      const { recipeDigest } = upload;
      const isNew = { isSuspect: false, isBatch: false };
      room.submit({ jobId: id, imageId, preset, requestId, format, recipeDigest, ...isNew });
    }
    return job;
  }

  /** Original first, then its row: a row never names what is not on disk. Null: it needs a twin, and there is none. */
  async #keep(upload: AcceptedUpload, original: UploadedOriginal): Promise<Job | null> {
    await original.keep();
    const job = await this.#store.acceptUpload(upload);
    if (job === 'no_twin') return null;
    // It took longer than its claim held.
    if (job === 'claim_lost') throw keyInFlight();
    return job;
  }

  async #giveUp(attempt: Attempt, log: Logger): Promise<void> {
    if (attempt.kind !== 'first') return;
    // The claim ends by itself as well, and the refusal has to be answered.
    await this.#store
      .releaseClaim(attempt.claim)
      .catch((error) => log.error({ err: error }, 'key still claimed'));
  }
}

const about = ({ id, imageId }: Job) => ({ imageId, jobId: id });
