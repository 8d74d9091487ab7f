import type { Tenant } from '../domain/ids.ts';

/** First in, first out for each tenant; and tenants take turns, however much one of them has brought. */
export class FairQueue<T extends object> {
  /** Of those that have something; the first one's turn is next. */
  readonly #lanes = new Map<Tenant, T[]>();

  push(tenant: Tenant, item: T): void {
    const lane = this.#lanes.get(tenant);
    if (lane) lane.push(item);
    else this.#lanes.set(tenant, [item]);
  }

  /** Before all others, of this tenant and of any. */
  putFirst(tenant: Tenant, item: T): void {
    const others = [...this.#lanes].filter(([other]) => other !== tenant);
    const lane = [item, ...(this.#lanes.get(tenant) ?? [])];
    this.#lanes.clear();
    for (const [name, items] of [[tenant, lane] as const, ...others]) this.#lanes.set(name, items);
  }

  /** Whose turn it is. */
  peek(): T | undefined {
    for (const [first] of this.#lanes.values()) return first;
    return undefined;
  }

  /** The next one that fits, and then it is the turn of the other tenants. */
  take(fits: (item: T) => boolean = () => true): T | undefined {
    for (const [tenant, lane] of this.#lanes) {
      const at = lane.findIndex(fits);
      if (at < 0) continue;
      const [item] = lane.splice(at, 1);
      this.#lanes.delete(tenant);
      if (lane.length > 0) this.#lanes.set(tenant, lane);
      return item;
    }
    return undefined;
  }

  /** The first ones in the order in which they would be taken, all of which stay. */
  inTurn(most: number): T[] {
    const items: T[] = [];
    for (let round = 0; items.length < most; round++) {
      const ofRound = [...this.#lanes.values()].flatMap((lane) => lane.slice(round, round + 1));
      if (ofRound.length === 0) break;
      items.push(...ofRound);
    }
    return items.slice(0, most);
  }

  remove(tenant: Tenant, item: T): void {
    const lane = this.#lanes.get(tenant) ?? [];
    const at = lane.indexOf(item);
    if (at >= 0) lane.splice(at, 1);
    if (lane.length === 0) this.#lanes.delete(tenant);
  }

  /** How many each tenant has; of none that has none. */
  counts(): Map<Tenant, number> {
    return new Map([...this.#lanes].map(([tenant, lane]) => [tenant, lane.length]));
  }

  [Symbol.iterator](): Iterator<T> {
    return [...this.#lanes.values()].flat()[Symbol.iterator]();
  }
}
