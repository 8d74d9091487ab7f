import { setTimeout as sleep } from 'node:timers/promises';
import type { FirstAnswer } from '../../shared/domain/idempotency.ts';
import { newImageId, newJobId } from '../../shared/domain/ids.ts';
import { PIPELINE_VERSION } from '../../shared/domain/image.ts';
import { recipeDigest, recipeFor } from '../../shared/domain/preset.ts';
import type { Decoder } from '../../shared/domain/quarantine.ts';
import { expiryOf } from '../../shared/domain/retention.ts';
import type { JobStore } from '../../shared/jobs/job-store.ts';
import type { AcceptedUpload } from '../../shared/jobs/records.ts';
import type { PresetsByName } from '../../shared/presets/configured-presets.ts';
import type { HandOff, Retries } from '../../shared/queue/hand-off.ts';
import type { ImageStorage } from '../../shared/storage/image-storage.ts';
import type { Logger } from '../../shared/telemetry/logger.ts';
import { spanned, uploadBytes } from '../../shared/telemetry/metrics.ts';
import { spanHere } from '../../shared/telemetry/tracing.ts';
import { type QuotaOf, refuseBeyondQuota } from '../access/quotas.ts';
import type { Problem } from '../problem.ts';
import { Acceptance, type NewUpload } from './acceptance.ts';
import { type Attempt, claimKeyOf, fingerprintOf, keyReused, ticketUsed } from './idempotency.ts';
import { acceptedHeader, type HeaderLimits } from './inspect/accepted-header.ts';
import { noRoom, tooManyUploads } from './no-room.ts';
import { type Parameters, readParameters } from './parameters.ts';
import {
  type IncomingUpload,
  leastBytes,
  type ReceivedUpload,
  type ReceiveLimits,
  receive,
} from './receive.ts';
import type { Room } from './room.ts';
import { type Told, tellAccepted, tellRefused } from './told.ts';
import { UploadOnItsWay, UploadsInProgress, type UploadsLimits } from './uploads-in-progress.ts';

/** Once an upload has been received it takes far less than this until it is answered. */
const ANSWER_MARGIN_MS = 30_000;

/** To give back the key of a refused upload takes no time where the store answers. */
const RELEASE_WITHIN_MS = 2_000;

type IntakeLimits = ReceiveLimits &
  HeaderLimits &
  UploadsLimits & {
    /** How long an image lives of which the client does not say it, in milliseconds; null: for ever. */
    expireAfterMs: number | null;
    quotaOf: QuotaOf;
    room: Room;
  };

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
  readonly #handOff: HandOff;
  readonly #acceptance: Acceptance;
  readonly #presets: PresetsByName;
  readonly #limits: IntakeLimits;
  /** All bodies that are on their way, be they whole pictures or parts. */
  readonly inProgress: UploadsInProgress;
  #underWay = 0;
  #whenIdle: (() => void)[] = [];

  /** @param decoder what decodes; null until a worker has said it */
  constructor(
    store: JobStore,
    storage: ImageStorage,
    handOff: HandOff,
    retries: Retries,
    decoder: () => Decoder | null,
    presets: PresetsByName,
    limits: IntakeLimits,
  ) {
    this.#store = store;
    this.#handOff = handOff;
    this.#acceptance = new Acceptance(store, storage, handOff, retries, decoder);
    this.#presets = presets;
    this.#limits = limits;
    this.inProgress = new UploadsInProgress(limits);
  }

  /**
   * @returns the accepted job, which is on disk with its original
   * @throws {Problem | StoreError} when the upload is refused
   */
  async accept(upload: IncomingUpload, requestId: string, log: Logger): Promise<Answer> {
    this.#underWay++;
    const told: Told = { tenant: upload.tenant, lane: upload.isBatch ? 'batch' : 'upload', ms: {} };
    try {
      const answer = await this.#claimAndAnswer(upload, requestId, told, log);
      const { id: jobId, imageId } = answer.job;
      tellAccepted({ ...told, imageId, jobId }, answer.isRepeated, log);
      return answer;
    } catch (error) {
      tellRefused(told, error, log);
      throw error;
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

  /** A key is given back where the upload is refused. */
  async #claimAndAnswer(upload: IncomingUpload, requestId: string, told: Told, log: Logger): Promise<Answer> {
    const leaseMs = this.#limits.wholeMs + ANSWER_MARGIN_MS;
    const attempt = await claimKeyOf(upload, this.#store, leaseMs);
    try {
      return await this.#answer(upload, attempt, requestId, told);
    } catch (error) {
      await this.#giveUp(attempt, log);
      throw error;
    }
  }

  async #answer(upload: IncomingUpload, attempt: Attempt, requestId: string, told: Told): Promise<Answer> {
    if (attempt.kind === 'again' && upload.isStored) return { job: attempt.job, isRepeated: true };
    if (attempt.kind !== 'again' && !upload.resumed && !this.#handOff.isWorthReading(upload)) {
      told.reason = 'line_too_long';
      throw noRoom('busy', upload.isBatch);
    }
    if (attempt.kind !== 'again') {
      await refuseBeyondQuota(this.#limits.quotaOf, upload.tenant, leastBytes(upload), this.#store);
    }
    const bytes = Math.min(upload.contentLength ?? Number.POSITIVE_INFINITY, this.#limits.maxUploadBytes);
    return this.#limits.room.during(bytes, () => this.#take(upload, attempt, requestId, told));
  }

  async #take(upload: IncomingUpload, attempt: Attempt, requestId: string, told: Told): Promise<Answer> {
    const received = await spanned('receive', () => this.#receive(upload), told.ms);
    told.bytes = received.spool.bytes;
    uploadBytes.observe(received.spool.bytes);
    try {
      const used = upload.ticket || upload.resumed ? ticketUsed : keyReused;
      const answer = await this.#answerReceived(received, attempt, used, requestId, told);
      if (!answer.isRepeated) received.spool.takenOver();
      return answer;
    } finally {
      await received.spool.dispose();
    }
  }

  async #receive(upload: IncomingUpload): Promise<ReceivedUpload> {
    const most = this.#limits.maxUploadBytes;
    const bytes = Math.min(upload.contentLength ?? most, most);
    if (upload.resumed) return receive(upload, this.#limits, new UploadOnItsWay(bytes, () => {}));
    const onItsWay = this.inProgress.enter(bytes, () => this.#handOff.comes(upload.tenant));
    if (!onItsWay) throw tooManyUploads();
    try {
      return await receive(upload, this.#limits, onItsWay);
    } finally {
      this.inProgress.leave(onItsWay);
    }
  }

  async #answerReceived(
    received: ReceivedUpload,
    attempt: Attempt,
    used: () => Problem,
    requestId: string,
    told: Told,
  ): Promise<Answer> {
    const parameters = readParameters(received.fields, this.#presets);
    const { preset, metadata, focus, expires } = parameters;
    told.preset = preset.name;
    // Without a focus it is what it was before there was one: keys of then are repeated for a day.
    const named = { preset: preset.name, metadata, ...(focus && { focus }), ...(expires && { expires }) };
    const fingerprint = fingerprintOf(received.sha256, named);
    if (attempt.kind === 'again') {
      if (attempt.fingerprint !== fingerprint) throw used();
      return { job: attempt.job, isRepeated: true };
    }
    const claim = attempt.kind === 'first' ? { id: attempt.claim, fingerprint } : null;
    const asked = await this.#asked(received, parameters, claim, requestId, told);
    const { format, width, height } = asked.image.header;
    Object.assign(told, { format, width, height });
    const job = await this.#acceptance.accept(asked, received.spool, told);
    told.sharedRunOf = job.sharedRunOf;
    return { job, isRepeated: false };
  }

  /** What there is to accept, when its header does not speak against it. */
  async #asked(
    { tenant, isBatch, hasPlace, spool, sha256 }: ReceivedUpload,
    parameters: Parameters,
    claim: AcceptedUpload['claim'],
    requestId: string,
    told: Told,
  ): Promise<NewUpload> {
    const { preset, metadata, focus } = parameters;
    const { expireAfterMs } = this.#limits;
    const expires = parameters.expires ?? (expireAfterMs === null ? null : { inMs: expireAfterMs });
    const createdAt = Date.now();
    const quota = this.#limits.quotaOf(tenant);
    const { header, memoryBytes } = await spanned(
      'inspect',
      () => acceptedHeader(spool.byteSource(), this.#limits, preset),
      told.ms,
    );
    const recipe = recipeFor(preset, focus);
    const trace = spanHere();
    return {
      image: {
        id: newImageId(),
        tenant,
        sha256,
        bytes: spool.bytes,
        header,
        preset: preset.name,
        metadata,
        focus,
        createdAt,
        originalRemovedAt: null,
        expiresAt: expiryOf(expires, createdAt),
      },
      jobId: newJobId(),
      requestId,
      ...(trace && { trace }),
      recipe,
      recipeDigest: recipeDigest(recipe),
      pipelineVersion: PIPELINE_VERSION,
      isBatch,
      hasPlace,
      memoryBytes,
      claim,
      ...(quota && { quota }),
      expiresByClient: expires !== null && 'at' in expires,
    };
  }

  async #giveUp(attempt: Attempt, log: Logger): Promise<void> {
    if (attempt.kind !== 'first') return;
    const released = this.#store
      .releaseClaim(attempt.claim)
      .catch((error) => log.error({ err: error }, 'key still claimed'));
    // The claim ends by itself as well, and the refusal has to be answered, be the store out of reach.
    await Promise.race([released, sleep(RELEASE_WITHIN_MS, undefined, { ref: false })]);
  }
}
