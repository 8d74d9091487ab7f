import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '../../shared/telemetry/logger.ts';

/** However often it is woken: so many milliseconds lie between the end of a round and the next one. */
const PAUSE_MS = 500;

/** Work that is done every so often, and at once when something has happened. Rounds never overlap. */
export class Repeated {
  readonly #what: string;
  readonly #work: (signal: AbortSignal) => Promise<void>;
  readonly #everyMs: number;
  readonly #log: Logger;
  readonly #stopping = new AbortController();
  #going: Promise<void> = Promise.resolve();
  #woken = Promise.withResolvers<void>();
  /** The end of the next round. */
  #next = Promise.withResolvers<void>();

  /**
   * @param what it is called in the log, when it fails
   * @param work given a signal that is aborted when it is to end
   * @param everyMs give or take a quarter
   */
  constructor(what: string, work: (signal: AbortSignal) => Promise<void>, everyMs: number, log: Logger) {
    this.#what = what;
    this.#work = work;
    this.#everyMs = everyMs;
    this.#log = log;
  }

  start(): void {
    this.#going = this.#goOn();
  }

  /** A round begins as soon as may be. */
  wake(): void {
    this.#woken.resolve();
  }

  /** Resolves when a round has ended, be it well or not, that began after this was asked for; or when there are no more. */
  round(): Promise<void> {
    this.wake();
    return this.#next.promise;
  }

  /** Resolves when nothing of it is under way any more. */
  stop(): Promise<void> {
    this.#stopping.abort();
    return this.#going;
  }

  async #goOn(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      // What happens during a round may have come too late for it.
      this.#woken = Promise.withResolvers();
      const ended = this.#next;
      this.#next = Promise.withResolvers();
      await this.#work(signal).catch((error) =>
        this.#log.warn({ err: error, what: this.#what }, 'upkeep failed, and is tried again'),
      );
      ended.resolve();
      await pause(PAUSE_MS, signal);
      const over = new AbortController();
      const wait = this.#everyMs * (0.75 + Math.random() / 2);
      await Promise.race([this.#woken.promise, pause(wait, AbortSignal.any([signal, over.signal]))]);
      over.abort();
    }
    this.#next.resolve();
  }
}

const pause = (ms: number, signal: AbortSignal) => sleep(ms, undefined, { signal }).catch(() => {});
