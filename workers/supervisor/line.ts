import type { Tenant } from '../../shared/domain/ids.ts';
import type { Work } from '../../shared/jobs/records.ts';
import { Arrivals } from '../../shared/queue/arrivals.ts';
import { FairQueue } from '../../shared/queue/fair-queue.ts';
import type { HandOff, Need, NoRoom, Reservation } from '../../shared/queue/hand-off.ts';
import type { LineEnd } from './line-end.ts';
import type { LineLimits } from './line-limits.ts';
import { MemoryBudget } from './memory-budget.ts';
import { reservation } from './reservation.ts';
import { WaitingRoom } from './waiting-room.ts';

interface Waiter {
  need: Need;
  grant(answer: Reservation | NoRoom): void;
}

/** `must_wait`: somebody's turn it is who cannot have it yet, and nobody passes. */
type Served = 'served' | 'nobody' | 'must_wait';

/**
 * Who is next. Uploads stand on one side: accepted ones that wait in a place of the queue, behind them those
 * that wait for a worker or a place until the hand-off time is over. The backlog stands on the other: recovered and
 * retried jobs. A worker that comes free takes from either side in turn, so that neither starves the other; and within
 * each, tenants take turns. Behind both is the batch lane: a batch job gets a worker that nobody else wants, and leaves another
 * one free, if there is one, so that an upload that comes meets it.
 * What has killed a worker runs alone on a fresh one, when it is the backlog's turn, so that its end is its own doing.
 * Nothing starts for which there is no memory: accepted work then waits for that of others, and is not passed; an upload that
 * still waits for its worker is, by smaller ones.
 *
 * Memory only, and rightly so: a job that waits here is a row that the next boot finds.
 */
export class Line implements HandOff {
  readonly #limits: LineLimits;
  readonly #end: LineEnd;
  readonly #arrivals: Arrivals;
  readonly #memory: MemoryBudget;
  readonly #waiters = new FairQueue<Waiter>();
  readonly #placed: WaitingRoom;
  readonly #backlog = new FairQueue<Work>();
  readonly #suspects: Work[] = [];
  readonly #batch: WaitingRoom;
  #running = 0;
  #suspectRuns = false;
  /** Reservations of a worker that are neither used nor given back. */
  #heldWorkers = 0;
  #backlogIsNext = false;
  #closed = false;

  constructor(limits: LineLimits, end: LineEnd) {
    this.#limits = limits;
    this.#end = end;
    this.#arrivals = new Arrivals(limits);
    this.#memory = new MemoryBudget(limits.memoryBudgetBytes);
    this.#placed = new WaitingRoom(limits.queueDepth, limits.isShared);
    this.#batch = new WaitingRoom(limits.batchDepth, limits.isShared);
  }

  get running(): number {
    return this.#running;
  }

  /** How many jobs could start at once if they came. */
  get vacancies(): number {
    const isWaitedFor =
      this.#suspects.length > 0 || [this.#placed, this.#backlog, this.#batch].some((it) => it.peek());
    return this.#closed || isWaitedFor ? 0 : Math.max(0, this.#freeWorkers());
  }

  /** What a run takes, in milliseconds. */
  get typicalRunMs(): number {
    return this.#arrivals.typicalRunMs;
  }

  isWorthReading({ tenant, isBatch }: Pick<Need, 'tenant' | 'isBatch'>): boolean {
    if (isBatch) return this.#batch.hasRoomFor(tenant);
    if (this.#freeWorkers() > 0 || this.#placed.hasRoomFor(tenant)) return true;
    return this.#arrivals.isWorthReading(tenant, () => this.#waiters.counts());
  }

  comes(tenant: Tenant): void {
    this.#arrivals.count(tenant);
  }

  reserve(need: Need): Promise<Reservation | NoRoom> {
    if (this.#closed) return Promise.resolve('draining');
    if (!this.#end.hasWorkers()) return Promise.resolve('no_workers');
    const { tenant } = need;
    if (need.isBatch)
      return Promise.resolve(this.#batch.hasRoomFor(tenant) ? this.#hold(this.#batch, tenant) : 'busy');
    return new Promise((resolve) => {
      const waiter: Waiter = {
        need,
        grant: (answer) => {
          clearTimeout(timer);
          this.#waiters.remove(tenant, waiter);
          resolve(answer);
        },
      };
      const timer = setTimeout(() => waiter.grant('busy'), this.#limits.handOffTimeoutMs);
      this.#waiters.push(tenant, waiter);
      this.advance();
    });
  }

  /** Accepted work that is no fresh upload: recovered, to be tried again, or to be made anew. */
  addBacklog(work: Work): void {
    // A suspect of the batch lane would wait there for a moment in which nobody else has a worker, and all behind it.
    if (work.isSuspect) this.#suspects.push(work);
    else if (work.isBatch) this.#batch.put(work);
    else this.#backlog.push(work.tenant, work);
    this.advance();
  }

  /** A worker has finished a run, or died at it, after so many milliseconds. */
  ran(work: Work, ms: number): void {
    this.#suspectRuns = false;
    this.#uncount(work);
    this.#arrivals.ran(ms);
    this.advance();
  }

  /** Nothing starts any more, and nobody gets in. */
  close(): void {
    this.#closed = true;
    for (const waiter of this.#waiters) waiter.grant('draining');
  }

  /** Hands out what is free. To be called whenever a worker becomes ready. */
  advance(): void {
    if (this.#closed) return;
    while (this.#freeWorkers() > 0 && this.#serveOne()) this.#backlogIsNext = !this.#backlogIsNext;
    while (this.#serveBatch());
    this.#givePlaces();
    if (this.vacancies > 0) this.#end.vacant();
  }

  #freeWorkers(): number {
    if (this.#suspectRuns) return 0;
    const toRun = this.#limits.workers - this.#running;
    return Math.min(toRun, this.#end.idleWorkers()) - this.#heldWorkers;
  }

  /** Gives one free worker to one side, to the other where that one is empty. */
  #serveOne(): boolean {
    const first = this.#backlogIsNext ? this.#serveBacklog() : this.#serveUpload();
    if (first !== 'nobody') return first === 'served';
    return (this.#backlogIsNext ? this.#serveUpload() : this.#serveBacklog()) === 'served';
  }

  #serveBacklog(): Served {
    const [suspect] = this.#suspects;
    if (!suspect) return this.#startFirst(this.#backlog);
    if (!this.#startAlone(suspect)) return 'must_wait';
    this.#suspects.shift();
    return 'served';
  }

  #serveUpload(): Served {
    const served = this.#startFirst(this.#placed);
    if (served !== 'nobody') return served;
    const waiter = this.#waiters.take(({ need }) => this.#memory.hasRoomFor(need.memoryBytes));
    if (!waiter) return 'nobody';
    waiter.grant(this.#holdWorker(waiter.need));
    return 'served';
  }

  /** To be called when all others have been served: of them some may still wait while a worker is free. */
  #serveBatch(): boolean {
    const othersWait = this.#suspects.length > 0 || this.#placed.peek() || this.#backlog.peek();
    if (othersWait || this.#freeWorkers() < Math.min(2, this.#limits.workers)) return false;
    const next = this.#batch.take((it) => this.#memory.hasRoomFor(it.memoryBytes));
    if (next) this.#start(next);
    return next !== undefined;
  }

  #startFirst(queue: FairQueue<Work> | WaitingRoom): Served {
    const work = queue.peek();
    if (!work) return 'nobody';
    if (!this.#memory.hasRoomFor(work.memoryBytes)) return 'must_wait';
    queue.take();
    this.#start(work);
    return 'served';
  }

  #start(work: Work): void {
    this.#count(work);
    this.#end.start(work);
  }

  #startAlone(work: Work): boolean {
    if (this.#running + this.#heldWorkers > 0) return false;
    this.#count(work);
    this.#suspectRuns = this.#end.startFresh(work);
    if (!this.#suspectRuns) this.#uncount(work);
    return this.#suspectRuns;
  }

  #count({ memoryBytes }: Work): void {
    this.#running++;
    this.#memory.take(memoryBytes);
  }

  #uncount({ memoryBytes }: Work): void {
    this.#running--;
    this.#memory.giveBack(memoryBytes);
  }

  #givePlaces(): void {
    const hasPlace = ({ need }: Waiter) => this.#placed.hasRoomFor(need.tenant);
    for (let waiter = this.#waiters.take(hasPlace); waiter; waiter = this.#waiters.take(hasPlace)) {
      waiter.grant(this.#hold(this.#placed, waiter.need.tenant));
    }
  }

  #hold(room: WaitingRoom, tenant: Tenant): Reservation {
    room.hold(tenant);
    return reservation(
      () => room.letGo(tenant),
      (work) => room.put(work),
      () => this.advance(),
    );
  }

  #holdWorker({ memoryBytes }: Need): Reservation {
    this.#heldWorkers++;
    this.#memory.take(memoryBytes);
    return reservation(
      () => {
        this.#heldWorkers--;
        this.#memory.giveBack(memoryBytes);
      },
      (work) => {
        // The reserved worker may have died meanwhile: then the job goes before all others.
        if (this.#closed || this.#freeWorkers() < 1) this.#backlog.putFirst(work.tenant, work);
        else this.#start(work);
      },
      () => this.advance(),
    );
  }
}
