import type { Pool } from 'pg';
import { z } from 'zod';
import type { Tenant } from '../../domain/ids.ts';
import { StoreError } from '../../errors.ts';
import type { Lane } from '../../jobs/records.ts';
import { Arrivals } from '../arrivals.ts';
import { FairQueue } from '../fair-queue.ts';
import type { HandOff, Need, NoRoom, Reservation } from '../hand-off.ts';

export interface AdmissionLimits {
  /** Accepted uploads that may wait beyond the workers that are free, over all nodes. */
  queueDepth: number;
  /** Batch jobs that may wait, over all nodes. */
  batchDepth: number;
  handOffTimeoutMs: number;
  /** Whether there are several tenants. */
  isShared: boolean;
}

type AdmissionLane = Extract<Lane, 'fresh' | 'batch'>;

interface Waiter {
  need: Need;
  lane: AdmissionLane;
  /** The database has been asked, or is, whether there is room for it. */
  isAsked: boolean;
  grant(room: Reservation): void;
  refuse(why: NoRoom): void;
  fail(error: StoreError): void;
}

/** A worker that comes free is told of at once; who missed that asks again after so many milliseconds. */
const ASK_AGAIN_MS = 25;

/** Where there was no room a moment ago, those that come within so long are asked for together. */
const GATHER_MS = 5;

/** Few enough to be answered within milliseconds. */
const MOST_ASKED_AT_ONCE = 100;

const Answer = z.object({
  granted: z.array(z.object({ room: z.boolean(), turn: z.int() })),
  slots: z.int(),
  typicalRunMs: z.number().nullable(),
});

/**
 * Room for uploads among all nodes, one count of it for all of them, in the database. All that wait in this process are asked for in
 * one go; tenants take turns.
 */
export class Admission implements HandOff {
  readonly #pool: Pool;
  readonly #node: string;
  readonly #limits: AdmissionLimits;
  readonly #waiters = new FairQueue<Waiter>();
  readonly #held: Record<AdmissionLane, Map<Tenant, number>> = { fresh: new Map(), batch: new Map() };
  readonly #whenAnswered: (() => void)[] = [];
  #arrivals: Arrivals;
  #slots = 0;
  #mayHaveRoom = true;
  #asking = false;
  #mustTell = false;
  #asks: { at: number; timer: NodeJS.Timeout } | null = null;
  #closed = false;

  constructor(pool: Pool, node: string, limits: AdmissionLimits) {
    this.#pool = pool;
    this.#node = node;
    this.#limits = limits;
    this.#arrivals = new Arrivals({ workers: 1, handOffTimeoutMs: limits.handOffTimeoutMs });
  }

  isWorthReading({ tenant, isBatch }: Pick<Need, 'tenant' | 'isBatch'>): boolean {
    if (isBatch || this.#mayHaveRoom) return true;
    return this.#arrivals.isWorthReading(tenant, () => this.#waiters.counts());
  }

  comes(tenant: Tenant): void {
    this.#arrivals.count(tenant);
  }

  reserve(need: Need): Promise<Reservation | NoRoom> {
    if (this.#closed) return Promise.resolve('draining');
    return new Promise((resolve, reject) => {
      const waiter: Waiter = {
        need,
        lane: need.isBatch ? 'batch' : 'fresh',
        isAsked: false,
        grant: (room) => {
          // Taken, so that it is the other tenants' turn then.
          this.#waiters.take((it) => it === waiter);
          clearTimeout(timer);
          resolve(room);
        },
        refuse: (why) => {
          this.#waiters.remove(need.tenant, waiter);
          clearTimeout(timer);
          resolve(why);
        },
        fail: (error) => {
          this.#waiters.remove(need.tenant, waiter);
          clearTimeout(timer);
          reject(error);
        },
      };
      const late = () => {
        // Asked at least once, however short the time is; and an answer that is on its way counts.
        if (this.#asking || !waiter.isAsked) this.#whenAnswered.push(late);
        else waiter.refuse(this.#slots === 0 && !need.isBatch ? 'no_workers' : 'busy');
      };
      const timer = setTimeout(late, this.#limits.handOffTimeoutMs);
      this.#waiters.push(need.tenant, waiter);
      this.#askIn(this.#mayHaveRoom ? 0 : GATHER_MS);
    });
  }

  /** There may be room now. */
  advance(): void {
    this.#mayHaveRoom = true;
    this.#askIn(0);
  }

  /** Nobody gets in any more. */
  close(): void {
    this.#closed = true;
    for (const waiter of this.#waiters) waiter.refuse('draining');
  }

  /** Earlier, where that was to be already. */
  #askIn(ms: number): void {
    const at = performance.now() + ms;
    if (this.#asking || (this.#asks && this.#asks.at <= at)) return;
    clearTimeout(this.#asks?.timer);
    this.#asks = { at, timer: setTimeout(() => void this.#ask(), ms) };
  }

  /** Asks for all that wait, and tells what is held, until nothing has changed meanwhile. */
  async #ask(): Promise<void> {
    this.#asking = true;
    this.#asks = null;
    try {
      do {
        this.#mustTell = false;
        await this.#askFor(this.#waiters.inTurn(MOST_ASKED_AT_ONCE));
      } while (this.#mustTell);
    } finally {
      this.#asking = false;
    }
    for (const late of this.#whenAnswered.splice(0)) late();
    if (this.#waiters.peek()) this.#askIn(this.#whenAnswered.length > 0 ? 0 : ASK_AGAIN_MS);
  }

  async #askFor(asked: readonly Waiter[]): Promise<void> {
    const waiting = new Set(this.#waiters);
    for (const waiter of asked) waiter.isAsked = true;
    const asks = asked.map(({ need, lane }) => ({ tenant: need.tenant, lane }));
    const { queueDepth, batchDepth, isShared } = this.#limits;
    const held = {
      fresh: Object.fromEntries(this.#held.fresh),
      batch: Object.fromEntries(this.#held.batch),
    };
    try {
      const { rows } = await this.#pool.query({
        name: 'darkroom-admit',
        text: 'select darkroom_admit($1, $2, $3, $4, $5, $6) as answer',
        values: [this.#node, JSON.stringify(held), JSON.stringify(asks), queueDepth, batchDepth, isShared],
      });
      this.#answer(asked, Answer.parse(rows[0]?.answer));
    } catch (error) {
      const fault = new StoreError('storage_unavailable', `admit uploads: ${String(error)}`, {
        cause: error,
        nothingKept: true,
      });
      for (const waiter of asked) if (waiting.has(waiter)) waiter.fail(fault);
    }
  }

  #answer(asked: readonly Waiter[], { granted, slots, typicalRunMs }: z.output<typeof Answer>): void {
    if (slots !== this.#slots) {
      const { handOffTimeoutMs } = this.#limits;
      this.#arrivals = new Arrivals({ workers: Math.max(1, slots), handOffTimeoutMs });
      this.#slots = slots;
    }
    if (typicalRunMs !== null) this.#arrivals.ran(typicalRunMs);
    const still = new Set(this.#waiters);
    for (const [index, waiter] of asked.entries()) {
      const { room, turn } = granted[index] ?? { room: false, turn: 0 };
      if (waiter.lane === 'fresh') this.#mayHaveRoom = room;
      if (!room) {
        if (waiter.lane === 'batch') waiter.refuse('busy');
        continue;
      }
      const reservation = this.#hold(waiter, turn);
      if (still.has(waiter)) waiter.grant(reservation);
      else reservation.release();
    }
  }

  #hold({ lane, need: { tenant } }: Waiter, turn: number): Reservation {
    const held = this.#held[lane];
    held.set(tenant, (held.get(tenant) ?? 0) + 1);
    let isHeld = true;
    const end = () => {
      if (!isHeld) throw new Error('a reservation is used once');
      isHeld = false;
      const left = (held.get(tenant) ?? 0) - 1;
      if (left > 0) held.set(tenant, left);
      else held.delete(tenant);
      this.#mustTell = true;
      this.#askIn(0);
    };
    return { turn, submit: end, release: end };
  }
}
