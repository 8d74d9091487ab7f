import type { Tenant } from '../domain/ids.ts';

/**
 * So many times more uploads may come, while all workers are busy, than can be served: some will be broken or slow, and
 * a worker that comes free shall meet one that has been read.
 */
const SURPLUS = 2;

/** What a run is taken to last until some have been seen: a photo from a phone takes about so long. */
const FIRST_GUESS_MS = 250;

/** A typical run is the mean of about so many, the latest counting most. */
const RUNS_THAT_COUNT = 8;

/** Tells which of the uploads that come while every worker is busy are worth reading. */
export class Arrivals {
  readonly #workers: number;
  readonly #handOffTimeoutMs: number;
  #typicalRunMs = FIRST_GUESS_MS;
  /** Of each tenant that wait or have begun to be read since a time that is at most one hand-off time ago. */
  #come = new Map<Tenant, number>();
  #since = 0;

  constructor({ workers, handOffTimeoutMs }: { workers: number; handOffTimeoutMs: number }) {
    this.#workers = workers;
    this.#handOffTimeoutMs = handOffTimeoutMs;
  }

  /** In milliseconds. */
  get typicalRunMs(): number {
    return this.#typicalRunMs;
  }

  /** A run has lasted so long. */
  ran(ms: number): void {
    this.#typicalRunMs += (ms - this.#typicalRunMs) / RUNS_THAT_COUNT;
  }

  /** One more has begun to come. */
  count(tenant: Tenant): void {
    this.#come.set(tenant, (this.#come.get(tenant) ?? 0) + 1);
  }

  /**
   * Whether those that have come are fewer than can be served in the hand-off time, of which tenants that come together have
   * equal parts. Those alone count that have sent something: to say that one comes costs nothing.
   * @param waiting those that wait already, by tenant
   */
  isWorthReading(tenant: Tenant, waiting: () => Map<Tenant, number>): boolean {
    const now = performance.now();
    if (now - this.#since > this.#handOffTimeoutMs) {
      this.#since = now;
      this.#come = waiting();
    }
    const tenants = this.#come.size + (this.#come.has(tenant) ? 0 : 1);
    const served = (this.#workers * this.#handOffTimeoutMs) / this.#typicalRunMs;
    const most = Math.max(1, (SURPLUS * Math.max(this.#workers, served)) / tenants);
    return (this.#come.get(tenant) ?? 0) + 1 <= most;
  }
}
