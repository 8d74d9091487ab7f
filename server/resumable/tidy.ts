import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { JobStore } from '../../shared/jobs/job-store.ts';
import type { UploadParts } from '../../shared/storage/upload-parts.ts';
import type { Logger } from '../../shared/telemetry/logger.ts';
import type { Completion } from './completion.ts';
import { isForGood } from './refusals.ts';

/** How often it is looked after uploads, at each node, in milliseconds, give or take a quarter. */
const EVERY_MS = 60_000;

/** Of each kind, in one go. */
const AT_ONCE = 100;

/**
 * Looks after uploads that nobody asks for any more: those that were whole when the service died are accepted, and of those whose
 * time is over nothing is left. Several nodes may do it at once.
 */
export class Tidying {
  readonly #store: JobStore;
  readonly #parts: UploadParts;
  readonly #completion: Completion;
  readonly #log: Logger;
  readonly #stopping = new AbortController();
  #going: Promise<void> = Promise.resolve();

  constructor(store: JobStore, parts: UploadParts, completion: Completion, log: Logger) {
    this.#store = store;
    this.#parts = parts;
    this.#completion = completion;
    this.#log = log;
  }

  start(everyMs = EVERY_MS): void {
    this.#going = this.#goOn(everyMs);
  }

  /** Resolves when nothing of it is under way any more. */
  stop(): Promise<void> {
    this.#stopping.abort();
    return this.#going;
  }

  async #goOn(everyMs: number): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      await this.#tidy().catch((error) =>
        this.#log.warn({ err: error }, 'uploads not tidied, and it is tried again'),
      );
      const wait = everyMs * (0.75 + Math.random() / 2);
      await sleep(wait, undefined, { signal, ref: false }).catch(() => {});
    }
  }

  async #tidy(): Promise<void> {
    const { whole, over } = await this.#store.uploadsToTidy(Date.now(), AT_ONCE);
    for (const upload of whole) {
      if (this.#stopping.signal.aborted) return;
      const requestId = randomUUID();
      await this.#completion.complete(upload, requestId, this.#log.child({ requestId })).catch((error) => {
        // Refused: it is at an end, and nobody waits for an answer. Else it is whole as before.
        if (!isForGood(error))
          this.#log.info({ err: error, uploadId: upload.id }, 'whole upload not accepted yet');
      });
    }
    for (const id of over) {
      if (this.#stopping.signal.aborted) return;
      await this.#store.dropUpload(id);
      await this.#parts.removeAll(id);
    }
    if (over.length > 0) this.#log.info({ uploads: over.length }, 'uploads whose time is over are removed');
  }
}
