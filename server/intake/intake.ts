import { DEFAULT_TENANT, newImageId, newJobId, type Sha256 } from '../../shared/domain/ids.ts';
import type { Image, ImageHeader } from '../../shared/domain/image.ts';
import type { Job } from '../../shared/domain/job.ts';
import type { Decoder } from '../../shared/domain/quarantine.ts';
import { StoreError } from '../../shared/errors.ts';
import type { JobStore } from '../../shared/jobs/job-store.ts';
import type { HandOff, NoRoom } from '../../shared/queue/hand-off.ts';
import type { ImageStorage } from '../../shared/storage/image-storage.ts';
import type { Logger } from '../../shared/telemetry/logger.ts';
import { Problem } from '../problem.ts';
import { type BudgetLimits, checkBudget } from './inspect/budget.ts';
import { inspect } from './inspect/inspect.ts';
import { readParameters } from './parameters.ts';
import { type IncomingUpload, type ReceivedUpload, type ReceiveLimits, receive } from './receive.ts';
import type { SpoolFile } from './spool-file.ts';

/** A refused client may come again after so many seconds. */
const RETRY_AFTER_SECONDS = 1;

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
  async accept(upload: IncomingUpload, requestId: string, log: Logger): Promise<Job> {
    if (!this.#handOff.isWorthReading()) {
      log.info({ reason: 'line_too_long' }, 'upload refused');
      throw noRoom('busy');
    }
    this.#underWay++;
    const begin = performance.now();
    try {
      const received = await receive(upload, this.#limits);
      try {
        const readMs = Math.round(performance.now() - begin);
        return await this.#acceptReceived(received, requestId, log.child({ readMs }));
      } finally {
        await received.spool.dispose();
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

  async #acceptReceived(received: ReceivedUpload, requestId: string, log: Logger): Promise<Job> {
    const parameters = readParameters(received.fields);
    const header = await inspected(received.spool, this.#limits);
    await this.#refuseQuarantined(received.sha256);
    const asked = performance.now();
    const answer = await this.#handOff.reserve();
    const handOffMs = Math.round(performance.now() - asked);
    if (typeof answer === 'string') {
      log.info({ handOffMs, reason: answer }, 'upload refused');
      throw noRoom(answer);
    }
    try {
      const now = Date.now();
      const image: Image = {
        id: newImageId(),
        tenant: DEFAULT_TENANT,
        sha256: received.sha256,
        bytes: received.spool.bytes,
        header,
        createdAt: now,
        ...parameters,
      };
      const job: Job = {
        id: newJobId(),
        imageId: image.id,
        preset: image.preset,
        state: 'queued',
        failure: null,
        requestId,
        createdAt: now,
        updatedAt: now,
      };
      await this.#keep(image, job, received.spool);
      answer.submit({
        jobId: job.id,
        imageId: image.id,
        preset: image.preset,
        requestId,
        format: header.format,
        isSuspect: false,
      });
      log.info({ imageId: job.imageId, jobId: job.id, handOffMs }, 'upload accepted');
      return job;
    } catch (error) {
      answer.release();
      throw error;
    }
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

  /** Original first, then its row: a row never names what is not on disk. */
  async #keep(image: Image, job: Job, spool: SpoolFile): Promise<void> {
    await spool.toDisk();
    await this.#storage.keepOriginal(image.id, spool.path);
    try {
      await this.#store.acceptUpload({ image, job });
    } catch (error) {
      // Only a database that is surely without the row: what a broken commit has left is for the next boot to see.
      if (error instanceof StoreError && error.code === 'storage_full')
        await this.#storage.removeOriginal(image.id);
      throw error;
    }
  }
}

function noRoom(reason: NoRoom): Problem {
  switch (reason) {
    case 'busy':
      return new Problem('no_worker', 'Every worker is busy. Send the image again a little later.', {
        retryAfter: RETRY_AFTER_SECONDS,
      });
    case 'no_workers':
      return new Problem('no_worker', 'No worker can be started. Send the image again later.', {
        retryAfter: 10 * RETRY_AFTER_SECONDS,
      });
    case 'draining':
      return draining();
  }
}

export function draining(): Problem {
  return new Problem('draining', 'The service is shutting down. Send the image again in a moment.', {
    retryAfter: RETRY_AFTER_SECONDS,
    headers: { connection: 'close' },
  });
}

async function inspected(spool: SpoolFile, limits: BudgetLimits): Promise<ImageHeader> {
  const found = await inspect(spool.byteSource());
  switch (found.kind) {
    case 'unsupported':
      throw new Problem(
        'unsupported_format',
        `These bytes are ${found.found}; JPEG, PNG, WebP, AVIF, GIF and TIFF are accepted.`,
        { members: { found: found.found } },
      );
    case 'damaged':
      throw new Problem('damaged_header', `The ${found.format} header is damaged: ${found.reason}.`);
    case 'image': {
      const verdict = checkBudget(found.header, limits);
      if (verdict.kind === 'within') return found.header;
      const { what, limit, found: count } = verdict;
      throw new Problem(
        what === 'pixels' ? 'too_many_pixels' : 'too_many_frames',
        `An image may have at most ${limit} ${what}; this one declares ${count}.`,
        { members: { limit, found: count } },
      );
    }
  }
}
