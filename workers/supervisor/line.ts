import type { Work } from '../../shared/jobs/records.ts';
import type { HandOff, NoRoom, Reservation } from '../../shared/queue/hand-off.ts';

export interface LineLimits {
  /** Runs at once. */
  workers: number;
  /** Accepted uploads that may wait beyond the idle workers. */
  queueDepth: number;
  handOffTimeoutMs: number;
}

/** What the line asks of those behind it. */
export interface LineEnd {
  /** Workers that are ready and without work. */
  idleWorkers(): number;
  /** False while nothing can become ready. */
  hasWorkers(): boolean;
  /** Runs a job on an idle worker; the line is told by {@link Line.ran} when the worker is free again. */
  start(work: Work): void;
  /** Runs a job on a worker that has run nothing before. False: there is none yet, and the line is told of one. */
  startFresh(work: Work): boolean;
}

/**
 * So many times more uploads may come, while all workers are busy, than can be served: some will be broken or slow, and
 * a worker that comes free shall meet one that has been read.
 */
const SURPLUS = 4;

/** What a run is taken to last until some have been seen: a photo from a phone takes about so long. */
const FIRST_GUESS_MS = 250;

/** A typical run is the mean of about so many, the latest counting most. */
const RUNS_THAT_COUNT = 8;

interface Waiter {
  grant(answer: Reservation | NoRoom): void;
}

/**
 * Who is next. Uploads stand on one side: accepted ones that wait in a place of the queue, behind them those
 * that wait for a worker or a place until the hand-off time is over. The backlog stands on the other: recovered and
 * retried jobs. A worker that comes free takes from either side in turn, so that neither starves the other. Behind both
 * is what makes anew what is there already: a batch job gets a worker that nobody else wants, and leaves another one
 * free, if there is one, so that an upload that comes meets it.
 * What has killed a worker runs alone on a fresh one, when it is the backlog's turn, so that its end is its own doing.
 *
 * Memory only, and rightly so: a job that waits here is a row that the next boot finds.
 */
export class Line implements HandOff {
  readonly #limits: LineLimits;
  readonly #end: LineEnd;
  readonly #waiters = new Set<Waiter>();
  readonly #placed: Work[] = [];
  readonly #backlog: Work[] = [];
  readonly #suspects: Work[] = [];
  readonly #batch: Work[] = [];
  #running = 0;
  #suspectRuns = false;
  #typicalRunMs = FIRST_GUESS_MS;
  /** Uploads that wait or have begun to be read since a time that is at most one hand-off time ago. */
  #come = 0;
  #since = 0;
  /** Reservations that are neither used nor given back, of a worker and of a place. */
  #heldWorkers = 0;
  #heldPlaces = 0;
  #backlogIsNext = false;
  #closed = false;

  constructor(limits: LineLimits, end: LineEnd) {
    this.#limits = limits;
    this.#end = end;
  }

  get running(): number {
    return this.#running;
  }

  isWorthReading(): boolean {
    const { workers, queueDepth, handOffTimeoutMs } = this.#limits;
    if (this.#freeWorkers() > 0 || this.#placed.length + this.#heldPlaces < queueDepth) return true;
    const now = performance.now();
    if (now - this.#since > handOffTimeoutMs) {
      this.#since = now;
      this.#come = this.#waiters.size;
    }
    const served = (workers * handOffTimeoutMs) / this.#typicalRunMs;
    return ++this.#come <= SURPLUS * Math.max(workers, served);
  }

  reserve(): Promise<Reservation | NoRoom> {
    if (this.#closed) return Promise.resolve('draining');
    if (!this.#end.hasWorkers()) return Promise.resolve('no_workers');
    return new Promise((resolve) => {
      const waiter: Waiter = {
        grant: (answer) => {
          clearTimeout(timer);
          this.#waiters.delete(waiter);
          resolve(answer);
        },
      };
      const timer = setTimeout(() => waiter.grant('busy'), this.#limits.handOffTimeoutMs);
      this.#waiters.add(waiter);
      this.advance();
    });
  }

  /** Accepted work that is no fresh upload: recovered, or to be tried again. */
  addBacklog(work: Work): void {
    const lane = work.isSuspect ? this.#suspects : this.#backlog;
    (work.isBatch ? this.#batch : lane).push(work);
    this.advance();
  }

  /** A worker has finished a run, or died at it, after so many milliseconds. */
  ran(ms: number): void {
    this.#running--;
    this.#suspectRuns = false;
    this.#typicalRunMs += (ms - this.#typicalRunMs) / RUNS_THAT_COUNT;
    this.advance();
  }

  /** Nothing starts any more, and nobody gets in. */
  close(): void {
    this.#closed = true;
    for (const waiter of [...this.#waiters]) waiter.grant('draining');
  }

  /** Hands out what is free. To be called whenever a worker becomes ready. */
  advance(): void {
    if (this.#closed) return;
    while (this.#freeWorkers() > 0 && this.#serveOne()) this.#backlogIsNext = !this.#backlogIsNext;
    while (this.#serveBatch());
    for (const waiter of this.#waiters) {
      if (this.#placed.length + this.#heldPlaces >= this.#limits.queueDepth) break;
      this.#heldPlaces++;
      waiter.grant(this.#reservation('place'));
    }
  }

  #freeWorkers(): number {
    if (this.#suspectRuns) return 0;
    const toRun = this.#limits.workers - this.#running;
    return Math.min(toRun, this.#end.idleWorkers()) - this.#heldWorkers;
  }

  /**
   * Gives one free worker to one side, to the other where that one is empty. False: nobody wants it, or a suspect whose
   * turn it is waits for the others to end.
   */
  #serveOne(): boolean {
    if (!this.#backlogIsNext) return this.#serveUpload() || this.#serveBacklog();
    if (this.#suspects.length > 0) return this.#runAlone(this.#suspects);
    return this.#serveBacklog() || this.#serveUpload();
  }

  #serveBacklog(): boolean {
    if (this.#suspects.length > 0) return this.#runAlone(this.#suspects);
    const work = this.#backlog.shift();
    if (work) this.#run(work);
    return work !== undefined;
  }

  /** @param lane whose first is a suspect */
  #runAlone(lane: Work[]): boolean {
    const [work] = lane;
    if (!work || this.#running + this.#heldWorkers > 0 || !this.#end.startFresh(work)) return false;
    lane.shift();
    this.#running++;
    this.#suspectRuns = true;
    return true;
  }

  /** To be called when all others have been served: of them only a suspect waits while a worker is free. */
  #serveBatch(): boolean {
    const [work] = this.#batch;
    if (!work || this.#suspects.length > 0) return false;
    if (this.#freeWorkers() < Math.min(2, this.#limits.workers)) return false;
    if (work.isSuspect) return this.#runAlone(this.#batch);
    this.#batch.shift();
    this.#run(work);
    return true;
  }

  #serveUpload(): boolean {
    const work = this.#placed.shift();
    if (work) {
      this.#run(work);
      return true;
    }
    const [waiter] = this.#waiters;
    if (!waiter) return false;
    this.#heldWorkers++;
    waiter.grant(this.#reservation('worker'));
    return true;
  }

  #run(work: Work): void {
    this.#running++;
    this.#end.start(work);
  }

  #reservation(of: 'worker' | 'place'): Reservation {
    let held = true;
    const letGo = () => {
      if (!held) throw new Error('a reservation is used once');
      held = false;
      if (of === 'worker') this.#heldWorkers--;
      else this.#heldPlaces--;
    };
    return {
      submit: (work) => {
        letGo();
        if (of === 'place') this.#placed.push(work);
        // The reserved worker may have died meanwhile: then the job goes before all others.
        else if (this.#closed || this.#freeWorkers() < 1) this.#backlog.unshift(work);
        else this.#run(work);
        this.advance();
      },
      release: () => {
        letGo();
        this.advance();
      },
    };
  }
}
