import type { JobId } from '../../shared/domain/ids.ts';
import type { Lane, Lease } from '../../shared/jobs/records.ts';
import type { Crew, WorkSource } from '../../shared/queue/work-source.ts';
import type { Logger } from '../../shared/telemetry/logger.ts';

/** Whoever has missed that there is work finds it after so many milliseconds, give or take a quarter. */
const POLL_MS = 1_000;

/** A lane that was empty is asked again after so long, while another one has enough. */
const EMPTY_MS = 200;

/** A third of what leases are given: two may be lost. */
const PROLONG_MS = 3_000;

export interface FeederEvents {
  /** A worker is free, and there is nothing to borrow for it. */
  idle(): void;
  ended(jobs: readonly JobId[]): void;
}

/** Borrows work from the queue, exactly as much as can start at once, and keeps the leases of what this node has. */
export class Feeder {
  readonly #source: WorkSource;
  readonly #crew: Crew;
  readonly #events: FeederEvents;
  readonly #log: Logger;
  readonly #leases = new Set<Lease>();
  /** When each lane was asked and had not enough, and when it was told that there is work in it. */
  readonly #emptyAt = new Map<string, number>();
  readonly #cameAt = new Map<string, number>();
  readonly #prolonging: NodeJS.Timeout;
  #poll: NodeJS.Timeout | undefined;
  #borrowing: Promise<void> | null = null;
  #wakened = false;
  #backlogIsFirst = false;
  #closed = false;

  constructor(source: WorkSource, crew: Crew, events: FeederEvents, log: Logger) {
    this.#source = source;
    this.#crew = crew;
    this.#events = events;
    this.#log = log;
    this.#prolonging = setInterval(() => void this.#prolong(), PROLONG_MS);
    this.wake();
  }

  /** @param lanes where there is work now, with spaces between them */
  workCame(lanes: string): void {
    for (const lane of lanes.split(' ')) this.#cameAt.set(lane, performance.now());
    this.wake();
  }

  /** There may be work, or a worker for it. */
  wake(): void {
    this.#wakened = true;
    if (this.#closed || this.#borrowing) return;
    clearTimeout(this.#poll);
    this.#borrowing = this.#borrowAll().finally(() => {
      this.#borrowing = null;
      if (this.#closed) return;
      if (this.#wakened) this.wake();
      else this.#poll = setTimeout(() => this.wake(), POLL_MS * (0.75 + Math.random() / 2));
    });
  }

  /** Borrows nothing more. What there is goes on, and its leases are kept until {@link end}. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#poll);
    await this.#borrowing;
  }

  end(): void {
    clearInterval(this.#prolonging);
  }

  async #borrowAll(): Promise<void> {
    try {
      do {
        this.#wakened = false;
        await this.#borrowOnce();
      } while (this.#wakened && !this.#closed && this.#crew.vacancies > 0);
    } catch (error) {
      this.#log.warn({ err: error }, 'no work could be borrowed');
    }
  }

  /** Uploads and the backlog in turn, so that neither starves the other; what nobody waits for when there is nothing else. */
  async #borrowOnce(): Promise<void> {
    const { vacancies } = this.#crew;
    if (vacancies < 1) return;
    const [first, second] = this.#inTurn();
    let left = vacancies;
    const firstPart = this.#wasEmpty(second) ? left : Math.ceil(left / 2);
    left -= await this.#borrow(first, firstPart);
    left -= await this.#borrow(second, left);
    if (firstPart < vacancies) left -= await this.#borrow(first, left);
    // One worker is left for an upload that comes, where there are several.
    if (left === vacancies)
      left -= await this.#borrow('batch', vacancies > 1 ? vacancies - 1 : this.#lastOne());
    if (left < vacancies) this.#wakened = true;
    else this.#events.idle();
  }

  /** What was empty a moment ago does not come first. */
  #inTurn(): [Lane, Lane] {
    this.#backlogIsFirst = !this.#backlogIsFirst;
    const lanes: [Lane, Lane] = this.#backlogIsFirst ? ['backlog', 'fresh'] : ['fresh', 'backlog'];
    const [first, second] = lanes;
    return this.#wasEmpty(first) && !this.#wasEmpty(second) ? [second, first] : lanes;
  }

  #wasEmpty(lane: Lane): boolean {
    const emptyAt = this.#emptyAt.get(lane) ?? -Infinity;
    return emptyAt > (this.#cameAt.get(lane) ?? -Infinity) && performance.now() - emptyAt < EMPTY_MS;
  }

  /** With a single worker there is none to be left. */
  #lastOne(): number {
    return this.#leases.size === 0 ? 1 : 0;
  }

  async #borrow(lane: Lane, most: number): Promise<number> {
    if (most < 1 || this.#closed) return 0;
    const askedAt = performance.now();
    const works = await this.#source.borrow(lane, most);
    if (works.length < most) this.#emptyAt.set(lane, askedAt);
    else this.#emptyAt.delete(lane);
    for (const work of works) {
      const { lease } = work;
      if (lease) this.#leases.add(lease);
      void this.#crew.run(work).then((ended) => {
        if (lease) this.#leases.delete(lease);
        this.#events.ended(ended);
      });
    }
    return works.length;
  }

  async #prolong(): Promise<void> {
    if (this.#leases.size === 0) return;
    try {
      const lost = await this.#source.prolong([...this.#leases]);
      for (const lease of lost) {
        // Its run may have ended meanwhile.
        if (this.#leases.delete(lease))
          this.#log.warn({ lease: lease.id }, 'a lease has run out: what it was for runs elsewhere');
      }
    } catch (error) {
      this.#log.warn({ err: error }, 'leases were not prolonged');
    }
  }
}
