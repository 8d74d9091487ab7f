import { setTimeout as sleep } from 'node:timers/promises';
import type { JobId } from '../domain/ids.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { JobStore } from './job-store.ts';
import type { ChangePage, JobChange } from './records.ts';

/** Who is not told of a change finds it within so many milliseconds. */
const LOOK_MS = 1_000;

/** Changes that come together are read together: the records are asked no more often. */
const GATHER_MS = 20;

const ROWS_A_PAGE = 1_000;

/** Of a feed that begins: changes that were under way then have numbers no further back than this. */
const UNDER_WAY = 1_000;

/** A transaction of ours that goes on for so long is none any more, and waited for no longer. */
const LONGEST_MS = 30_000;

interface Mark {
  last: number;
  begun: number;
  at: number;
}

/**
 * Told of changes in the order of their numbers, as far as these are committed in it. What comes next waits for it.
 * @param settled what {@link ChangeFeed.settled} is when all of these are told
 */
export type ChangeListener = (changes: readonly JobChange[], settled: number) => Promise<void>;

/**
 * All changes of jobs, on whatever node, as the records have them: nothing is told that is not committed, and nothing is left out. Who
 * changes something calls {@link wake}; what nobody has told of is found all the same. It asks only while somebody listens.
 *
 * Changes come at once. One may come after a greater one, when its transaction has taken longer; `settled` is the number up to which no
 * more will come, and the place from which somebody else can go on.
 */
export class ChangeFeed {
  readonly #store: Pick<JobStore, 'changesAfter'>;
  readonly #log: Logger;
  #listener: ChangeListener | null = null;
  #settled = 0;
  /** Told of already, and not settled yet. */
  readonly #told = new Map<JobId, number>();
  #marks: Mark[] = [];
  #reading: Promise<void> | null = null;
  #isWakened = false;
  #readAt = Number.NEGATIVE_INFINITY;
  #looking: NodeJS.Timeout | undefined;

  constructor(store: Pick<JobStore, 'changesAfter'>, log: Logger) {
    this.#store = store;
    this.#log = log;
  }

  get settled(): number {
    return this.#settled;
  }

  /**
   * Begins: from now on the listener is told of every change.
   * @throws {StoreError}
   */
  async begin(listener: ChangeListener): Promise<void> {
    const { last } = await this.#store.changesAfter({
      after: Number.MAX_SAFE_INTEGER,
      tenant: null,
      limit: 1,
    });
    this.#settled = Math.max(0, last - UNDER_WAY);
    // What is there by now has happened before.
    await this.#readAll(async () => {});
    this.#listener = listener;
    this.#looking = setInterval(() => this.wake(), LOOK_MS);
    this.wake();
  }

  end(): void {
    clearInterval(this.#looking);
    this.#listener = null;
    this.#told.clear();
    this.#marks = [];
  }

  /** Something has changed, or may have. */
  wake(): void {
    if (!this.#listener) return;
    this.#isWakened = true;
    this.#reading ??= this.#readOn().finally(() => {
      this.#reading = null;
      if (this.#isWakened) this.wake();
    });
  }

  async #readOn(): Promise<void> {
    await sleep(Math.max(0, this.#readAt + GATHER_MS - performance.now()));
    this.#isWakened = false;
    this.#readAt = performance.now();
    const tell: ChangeListener = async (changes, settled) => this.#listener?.(changes, settled);
    await this.#readAll(tell).catch((error) =>
      this.#log.warn({ err: error }, 'changes could not be read, and are looked for again'),
    );
  }

  async #readAll(tell: ChangeListener): Promise<void> {
    let after = this.#settled;
    for (let isMore = true; isMore; ) {
      const page = await this.#store.changesAfter({ after, tenant: null, limit: ROWS_A_PAGE });
      isMore = page.changes.length === ROWS_A_PAGE;
      const fresh = page.changes.filter(({ id, change }) => change > (this.#told.get(id) ?? 0));
      for (const { id, change } of fresh) this.#told.set(id, change);
      after = page.changes.at(-1)?.change ?? after;
      const settled = this.#settledBy(page, isMore ? after : Number.POSITIVE_INFINITY);
      if (fresh.length > 0) await tell(fresh, settled);
      this.#settle(settled);
    }
  }

  /** @param read all changes up to this one have been read that are committed */
  #settledBy({ last, begun, over }: ChangePage, read: number): number {
    const now = performance.now();
    this.#marks.push({ last, begun, at: now });
    const isOver = (mark: Mark) => mark.begun <= over || now - mark.at > LONGEST_MS;
    const upTo = Math.max(0, ...this.#marks.filter(isOver).map((mark) => mark.last));
    return Math.max(this.#settled, Math.min(upTo, read));
  }

  #settle(settled: number): void {
    this.#settled = settled;
    this.#marks = this.#marks.filter((mark) => mark.last > settled);
    for (const [id, change] of this.#told) if (change <= settled) this.#told.delete(id);
  }
}
