import type { Tenant } from '../../shared/domain/ids.ts';
import type { Work } from '../../shared/jobs/records.ts';
import { FairQueue } from '../../shared/queue/fair-queue.ts';

/**
 * Accepted work that waits, in so many places, and the places that are held for what is being accepted. Where there are several
 * tenants, each leaves as many places free as it takes.
 */
export class WaitingRoom {
  readonly #places: number;
  readonly #isShared: boolean;
  readonly #work = new FairQueue<Work>();
  readonly #taken = new Map<Tenant, number>();
  #all = 0;

  constructor(places: number, isShared: boolean) {
    this.#places = places;
    this.#isShared = isShared;
  }

  hasRoomFor(tenant: Tenant): boolean {
    const free = this.#places - this.#all;
    return free > 0 && (!this.#isShared || (this.#taken.get(tenant) ?? 0) < free);
  }

  hold(tenant: Tenant): void {
    this.#taken.set(tenant, (this.#taken.get(tenant) ?? 0) + 1);
    this.#all++;
  }

  letGo(tenant: Tenant): void {
    const left = (this.#taken.get(tenant) ?? 0) - 1;
    if (left > 0) this.#taken.set(tenant, left);
    else this.#taken.delete(tenant);
    this.#all--;
  }

  /** Also where there is no room: what was accepted long ago has to be somewhere. */
  put(work: Work): void {
    this.hold(work.tenant);
    this.#work.push(work.tenant, work);
  }

  peek(): Work | undefined {
    return this.#work.peek();
  }

  /** The next one that fits. */
  take(fits?: (work: Work) => boolean): Work | undefined {
    const work = this.#work.take(fits);
    if (work) this.letGo(work.tenant);
    return work;
  }
}
