import type { JobId, Tenant } from '../../shared/domain/ids.ts';
import type { Decoder } from '../../shared/domain/quarantine.ts';
import type { Work } from '../../shared/jobs/records.ts';
import type {
  HandOff,
  JobWatch,
  Need,
  NoRoom,
  Reservation,
  Retries,
  WorkerCounts,
  WorkerState,
} from '../../shared/queue/hand-off.ts';
import { JobWatchers } from '../../shared/queue/job-watchers.ts';
import type { Logger } from '../../shared/telemetry/logger.ts';
import { within } from '../../shared/within.ts';
import type { Launch } from './launcher.ts';
import { Line } from './line.ts';
import type { LineLimits } from './line-limits.ts';
import { WorkerPool } from './pool.ts';
import type { Runner } from './runner.ts';
import type { WearLimits, WorkerProcess } from './worker-process.ts';

/** Time kept at the end of a drain for the workers that were killed to be recorded. */
const SETTLE_MARGIN_MS = 500;

/** Feeds the workers, and starts again what has to run again. */
export class Supervisor implements HandOff, JobWatch, Retries {
  readonly #line: Line;
  readonly #pool: WorkerPool;
  readonly #runner: Runner;
  readonly #workers: number;
  readonly #runs = new Set<Promise<void>>();
  readonly #publishing = new Set<JobId>();
  readonly #retries = new Set<NodeJS.Timeout>();
  readonly #lent = new Map<JobId, (ended: readonly JobId[]) => void>();
  readonly #watchers = new JobWatchers();
  readonly #ending = new AbortController();
  #replacing: Promise<boolean> | null = null;
  #draining = false;
  #vacant: () => void = () => {};

  /** @param breakerOpened workers die at boot and nothing more is started: somebody must act */
  constructor(
    limits: LineLimits & WearLimits,
    launch: Launch,
    runner: Runner,
    log: Logger,
    breakerOpened: () => void,
  ) {
    this.#runner = runner;
    this.#workers = limits.workers;
    this.#pool = new WorkerPool(limits.workers, limits, launch, log, {
      ready: () => this.#line.advance(),
      breakerOpened,
    });
    this.#line = new Line(limits, {
      idleWorkers: () => this.#pool.idleCount,
      hasWorkers: () => !this.#pool.breakerOpen,
      start: (work) => {
        const worker = this.#pool.take();
        if (!worker) throw new Error('the line has started a job without an idle worker');
        this.#start(work, worker);
      },
      startFresh: (work) => {
        const worker = this.#pool.takeFresh();
        if (worker) this.#start(work, worker);
        return worker !== undefined;
      },
      vacant: () => this.#vacant(),
    });
  }

  /** @param backlog jobs of an earlier process, the oldest first */
  start(backlog: readonly Work[]): void {
    this.#pool.start();
    for (const work of backlog) this.#line.addBacklog(work);
  }

  /** Work can be done: at least one worker is ready, and workers that die are replaced. */
  get isReady(): boolean {
    return this.#pool.alive && !this.#pool.breakerOpen;
  }

  /** What the workers decode with; null until one has said it. */
  get decoder(): Decoder | null {
    return this.#pool.decoder;
  }

  get workers(): WorkerCounts {
    const { aliveCount, idleCount } = this.#pool;
    return { atOnce: this.#workers, ready: aliveCount, idle: idleCount, running: this.#line.running };
  }

  /** Workers die at boot, and nothing more is started. */
  get isBreakerOpen(): boolean {
    return this.#pool.breakerOpen;
  }

  /** Of each worker process. */
  get rssBytes(): number[] {
    return this.#pool.rssBytes;
  }

  /** Of each worker process, from the oldest. */
  get states(): WorkerState[] {
    return this.#pool.states;
  }

  addBacklog(work: Work): void {
    this.#line.addBacklog(work);
  }

  /** From now on it is told whenever a worker is free and nothing waits for it. */
  onVacancy(listener: () => void): void {
    this.#vacant = listener;
    this.#line.advance();
  }

  /** How many jobs could start at once. */
  get vacancies(): number {
    return this.#line.vacancies;
  }

  /** Runs that could go on at once. */
  get slots(): number {
    return Math.min(this.#workers, this.#pool.aliveCount);
  }

  /** Jobs whose worker is free already: what it has made is being published. */
  get publishing(): readonly JobId[] {
    return [...this.#publishing];
  }

  /** What a run takes, in milliseconds. */
  get typicalRunMs(): number {
    return this.#line.typicalRunMs;
  }

  /** Runs what a queue has lent. @returns the jobs that have ended with it, when it has no more to do with this node */
  run(work: Work): Promise<readonly JobId[]> {
    return new Promise((resolve) => {
      this.#lent.set(work.jobId, resolve);
      this.#line.addBacklog(work);
    });
  }

  isWorthReading(who: Pick<Need, 'tenant' | 'isBatch'>): boolean {
    return this.#line.isWorthReading(who);
  }

  comes(tenant: Tenant): void {
    this.#line.comes(tenant);
  }

  reserve(need: Need): Promise<Reservation | NoRoom> {
    return this.#line.reserve(need);
  }

  ended(job: JobId, signal: AbortSignal): Promise<void> {
    return this.#watchers.ended(job, signal);
  }

  /**
   * Starts nothing more, lets the runs finish, and ends the workers. Jobs that did not run stay queued in the store.
   * @param deadline when it must be over, by `performance.now()`
   * @returns false when runs had to be killed
   */
  async drain(deadline: number): Promise<boolean> {
    this.#draining = true;
    this.#line.close();
    for (const retry of this.#retries) clearTimeout(retry);
    const idle = Promise.all(this.#runs);
    const clean = await within(idle, deadline - performance.now() - SETTLE_MARGIN_MS);
    if (!clean) this.#pool.killAll();
    const stopped = this.#pool.stop();
    await within(idle, deadline - performance.now());
    await stopped;
    this.#ending.abort();
    this.#watchers.tellAll();
    return clean;
  }

  /** Replaces the workers one by one, while the others work. False: a new one did not become ready. */
  replaceWorkers(): Promise<boolean> {
    this.#replacing ??= this.#pool.replaceAll().finally(() => {
      this.#replacing = null;
    });
    return this.#replacing;
  }

  /** Ends everything at once: for a second signal. */
  kill(): void {
    this.#pool.killAll();
  }

  #start(work: Work, worker: WorkerProcess): void {
    const begin = performance.now();
    const free = () => {
      this.#publishing.add(work.jobId);
      this.#pool.giveBack(worker);
      this.#line.ran(work, performance.now() - begin);
    };
    const idleWorkers = Math.max(0, this.#workers - this.#line.running);
    const run = this.#runner.run(work, worker, idleWorkers, free, this.#ending.signal).then((aftermath) => {
      this.#runs.delete(run);
      this.#publishing.delete(work.jobId);
      if (aftermath.kind === 'again') {
        return this.#again({ ...work, isSuspect: aftermath.isSuspect }, aftermath.inMs);
      }
      for (const job of aftermath.jobs) this.#watchers.tell(job);
      this.#lent.get(work.jobId)?.(aftermath.jobs);
      this.#lent.delete(work.jobId);
      if (aftermath.promoted) this.#line.addBacklog(aftermath.promoted);
    });
    this.#runs.add(run);
  }

  #again(work: Work, inMs: number): void {
    // It is queued in the store, and the next boot finds it there.
    if (this.#draining) return;
    const retry = setTimeout(() => {
      this.#retries.delete(retry);
      this.#line.addBacklog(work);
    }, inMs);
    this.#retries.add(retry);
  }
}
