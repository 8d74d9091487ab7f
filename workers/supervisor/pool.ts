import type { Decoder } from '../../shared/domain/quarantine.ts';
import type { WorkerState } from '../../shared/queue/hand-off.ts';
import type { Logger } from '../../shared/telemetry/logger.ts';
import { workerEndsTotal } from '../../shared/telemetry/metrics.ts';
import type { Launch } from './launcher.ts';
import { decideStart } from './restart-policy.ts';
import { signalOf } from './worker-end.ts';
import { type WearLimits, WorkerProcess } from './worker-process.ts';

/** One process more than may run at once: when one dies, another is ready, and no job waits for a start. */
const WARM_SPARES = 1;

/** After their run is over, workers have so long to end by themselves. */
const STOP_GRACE_MS = 2_000;

export interface PoolEvents {
  /** A worker can take work: it has just become ready. */
  ready(): void;
  /** Workers die before they are ready, again and again: nothing more is started. */
  breakerOpened(): void;
}

/** Keeps worker processes alive: as many as may run at once, and a warm spare. */
export class WorkerPool {
  readonly #target: number;
  readonly #wear: WearLimits;
  readonly #launch: Launch;
  readonly #log: Logger;
  readonly #events: PoolEvents;
  readonly #live = new Set<WorkerProcess>();
  /** Without work; the last that came back is the first to go, so that its caches are warm. Some may be about to end. */
  readonly #idle: WorkerProcess[] = [];
  /** Taken, and to be retired when they are given back. */
  readonly #leaving = new Set<WorkerProcess>();
  #bootDeaths: number[] = [];
  /** Workers that have neither become ready nor died yet, and one that waits for its start. */
  #starting = 0;
  #backoff: NodeJS.Timeout | undefined;
  #breakerOpen = false;
  #stopping = false;

  constructor(size: number, wear: WearLimits, launch: Launch, log: Logger, events: PoolEvents) {
    this.#wear = wear;
    this.#target = size + WARM_SPARES;
    this.#launch = launch;
    this.#log = log;
    this.#events = events;
  }

  get idleCount(): number {
    return this.#idle.filter((worker) => worker.isReady).length;
  }

  get breakerOpen(): boolean {
    return this.#breakerOpen;
  }

  /** Workers that are ready, at work or not. */
  get aliveCount(): number {
    return [...this.#live].filter((worker) => worker.isReady).length;
  }

  get alive(): boolean {
    return this.aliveCount > 0;
  }

  start(): void {
    this.#fill();
  }

  take(): WorkerProcess | undefined {
    const place = this.#idle.findLastIndex((worker) => worker.isReady);
    return place < 0 ? undefined : this.#idle.splice(place, 1)[0];
  }

  /** A worker that has run nothing. Where none is idle one is replaced, and `ready` tells of its successor. */
  takeFresh(): WorkerProcess | undefined {
    const place = this.#idle.findLastIndex((worker) => worker.isFresh);
    if (place >= 0) return this.#idle.splice(place, 1)[0];
    if (this.#starting === 0) this.#idle.find((worker) => worker.isReady)?.retire();
    return undefined;
  }

  /** What each process had in memory when it last said so; those that have not are left out. */
  get rssBytes(): number[] {
    return [...this.#live].map((worker) => worker.rssBytes).filter((bytes) => bytes > 0);
  }

  get states(): WorkerState[] {
    return [...this.#live].map((worker) => worker.state);
  }

  /** What the workers decode with; null until one has said it. */
  get decoder(): Decoder | null {
    return [...this.#live].find((worker) => worker.isReady)?.decoder ?? null;
  }

  /** Takes a worker back after its run; one that has ended meanwhile is not kept, and one that is worn gives way. */
  giveBack(worker: WorkerProcess): void {
    if (!this.#live.has(worker)) return;
    this.#idle.push(worker);
    // The spare is the replacement of a worn one, and has to be there.
    const isWorn = this.#starting === 0 && worker.isWorn(this.#wear);
    if (isWorn || this.#leaving.has(worker)) this.#retire(worker);
  }

  /** At once where it is idle; one that was taken has its run first. */
  #retire(worker: WorkerProcess): void {
    if (this.#idle.includes(worker)) worker.retire();
    else this.#leaving.add(worker);
  }

  /**
   * Replaces the workers one by one, each when its successor is ready. Where one does not become ready, the others stay.
   * @returns false when it was given up
   */
  async replaceAll(): Promise<boolean> {
    for (const old of [...this.#live]) {
      if (this.#stopping) return false;
      this.#starting++;
      const successor = this.#start();
      if (!(await successor?.ready)) {
        this.#log.error(
          { workerPid: successor?.pid },
          'the new worker did not become ready: the old ones stay',
        );
        return false;
      }
      this.#retire(old);
      await old.ended;
    }
    return true;
  }

  killAll(): void {
    for (const worker of this.#live) worker.kill('drain');
  }

  /** Ends all workers; resolves when none is left. */
  async stop(): Promise<void> {
    this.#stopping = true;
    clearTimeout(this.#backoff);
    const all = [...this.#live];
    for (const worker of all) worker.stop();
    const patience = setTimeout(() => this.killAll(), STOP_GRACE_MS);
    await Promise.all(all.map((worker) => worker.ended));
    clearTimeout(patience);
  }

  #fill(): void {
    while (this.#live.size < this.#target && !this.#breakerOpen && !this.#stopping) {
      const decision = decideStart(this.#bootDeaths, this.alive, performance.now(), Math.random());
      if (decision.kind === 'open-breaker') return this.#openBreaker();
      // After a death at boot, one at a time: the next follows when this one is ready, or has died as well.
      if (this.#bootDeaths.length > 0 && this.#starting > 0) return;
      this.#starting++;
      if (decision.inMs > 0) this.#backoff = setTimeout(() => this.#start(), decision.inMs);
      else this.#start();
    }
  }

  /** Null: the system has refused, as when it is out of memory. That counts as a death before readiness. */
  #start(): WorkerProcess | null {
    try {
      const worker = new WorkerProcess(this.#launch(), this.#log);
      void this.#follow(worker);
      return worker;
    } catch (error) {
      this.#log.error({ err: error }, 'worker could not be started');
      this.#starting--;
      this.#bootDeaths.push(performance.now());
      this.#fill();
      return null;
    }
  }

  async #follow(worker: WorkerProcess): Promise<void> {
    const started = performance.now();
    this.#live.add(worker);
    const becameReady = await worker.ready;
    this.#starting--;
    if (becameReady) {
      this.#bootDeaths = [];
      this.#idle.push(worker);
      const ms = Math.round(performance.now() - started);
      this.#log.info({ workerPid: worker.pid, ms }, 'worker ready');
      this.#events.ready();
      this.#fill();
    }
    const end = await worker.ended;
    this.#live.delete(worker);
    this.#leaving.delete(worker);
    const place = this.#idle.indexOf(worker);
    if (place >= 0) this.#idle.splice(place, 1);
    const about = {
      workerPid: worker.pid,
      exitCode: end.exitCode,
      signal: signalOf(end),
      killedFor: end.killedFor,
    };
    const how = this.#howItEnded(worker, becameReady);
    workerEndsTotal.inc({ how, cause: about.killedFor ?? about.signal ?? `exit ${about.exitCode}` });
    if (this.#stopping) return this.#log.info(about, 'worker stopped');
    if (worker.isRetired) this.#log.info(about, 'worker retired');
    else this.#log.warn(about, becameReady ? 'worker died' : 'worker died before it was ready');
    // Those that started together and die together died of one cause.
    const lastDeath = this.#bootDeaths.at(-1) ?? -Infinity;
    if (!becameReady && started > lastDeath) this.#bootDeaths.push(performance.now());
    this.#fill();
  }

  #howItEnded(worker: WorkerProcess, becameReady: boolean): string {
    if (this.#stopping) return 'stopped';
    if (worker.isRetired) return 'retired';
    return becameReady ? 'died' : 'died_at_start';
  }

  #openBreaker(): void {
    this.#breakerOpen = true;
    this.#log.fatal({ deaths: this.#bootDeaths.length }, 'workers die before they are ready: breaker open');
    this.#events.breakerOpened();
  }
}
