import type { JobStore } from '../../shared/jobs/job-store.ts';
import type { Tables } from '../../shared/jobs/schema/tables.ts';
import type { DatabaseClock } from '../../shared/postgres/database-clock.ts';
import type { Sessions } from '../../shared/postgres/sessions.ts';
import type { BossQueue } from '../../shared/queue/postgres/boss-queue.ts';
import { reconcile } from '../../shared/queue/postgres/reconcile.ts';
import { takeTurn } from '../../shared/queue/postgres/turn.ts';
import type { S3Storage } from '../../shared/storage/s3/s3-storage.ts';
import type { Logger } from '../../shared/telemetry/logger.ts';
import { indexEarlier } from '../upkeep/index-earlier.ts';
import { sweep } from '../upkeep/sweep.ts';
import { Repeated } from './repeated.ts';

/** How often records and queue are compared, and how often files with records; whichever node comes first, in seconds. */
const RECONCILE_SECONDS = 10;

/** What nodes with workers do beside their work, each in its turn: what one process alone does when it starts. */
export class Upkeep {
  readonly #sessions: Sessions<Tables>;
  readonly #queue: BossQueue;
  readonly #store: JobStore;
  readonly #storage: S3Storage;
  readonly #clock: DatabaseClock;
  readonly #steadyMs: () => number;
  readonly #wake: () => void;
  readonly #sweepSeconds: number;
  readonly #log: Logger;
  readonly #rounds: readonly Repeated[];

  /**
   * @param steadyMs for how long the database has been in reach without a break
   * @param wake tells all nodes that there is work
   * @param sweepSeconds how often files are compared with records; younger ones are left alone
   */
  constructor(
    sessions: Sessions<Tables>,
    queue: BossQueue,
    store: JobStore,
    storage: S3Storage,
    clock: DatabaseClock,
    steadyMs: () => number,
    wake: () => void,
    sweepSeconds: number,
    log: Logger,
  ) {
    this.#sessions = sessions;
    this.#queue = queue;
    this.#store = store;
    this.#storage = storage;
    this.#clock = clock;
    this.#steadyMs = steadyMs;
    this.#wake = wake;
    this.#sweepSeconds = sweepSeconds;
    this.#log = log;
    const works = {
      reconcile: () => this.#reconcile(),
      sweep: (signal: AbortSignal) => this.#sweep(signal),
      index: (signal: AbortSignal) => this.#indexEarlier(signal),
    };
    this.#rounds = Object.entries(works).map(
      ([what, work]) => new Repeated(what, work, RECONCILE_SECONDS * 1000, log),
    );
  }

  start(): void {
    for (const round of this.#rounds) round.start();
  }

  /** Resolves when nothing of it is under way any more. */
  async stop(): Promise<void> {
    await Promise.all(this.#rounds.map((round) => round.stop()));
  }

  async #reconcile(): Promise<void> {
    if (!(await takeTurn(this.#sessions.db, 'reconcile', RECONCILE_SECONDS / 2))) return;
    const done = await this.#sessions.transaction((session, db) =>
      reconcile(session, db, this.#queue, this.#clock.now(), this.#steadyMs()),
    );
    if (done && done.interrupted + done.sent + done.released > 0) {
      this.#wake();
      this.#log.warn(done, 'records and queue differed, and were made to agree');
    }
  }

  /** While nodes are replaced, those of the version before accept images too. */
  async #indexEarlier(signal: AbortSignal): Promise<void> {
    if (!(await takeTurn(this.#sessions.db, 'index', RECONCILE_SECONDS / 2))) return;
    await indexEarlier(this.#store, signal, this.#log);
  }

  async #sweep(signal: AbortSignal): Promise<void> {
    if (!(await takeTurn(this.#sessions.db, 'sweep', this.#sweepSeconds))) return;
    const swept = await sweep(this.#store, this.#storage, this.#sweepSeconds * 1000, signal);
    const miscounted = await this.#store.recountUsage();
    this.#log.info({ ...swept, miscounted }, 'swept');
  }
}
