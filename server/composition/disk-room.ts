import { statfs } from 'node:fs/promises';
import type { Logger } from '../../shared/telemetry/logger.ts';
import type { Room } from '../intake/room.ts';
import { Repeated } from './repeated.ts';

const LOOK_EVERY_MS = 1_000;

/** Beside an upload, runs write their variants, and the database its log. */
const MARGIN_BYTES = 4 * 1024 * 1024;

/** An upload waits for room no longer than this, in milliseconds. */
const MOST_WAIT_MS = 5_000;

/** Watches how much room is left on the disk, and has what has had its time removed before there is none. */
export class DiskRoom implements Room {
  readonly #path: string;
  readonly #minFreeBytes: number;
  readonly #retention: Pick<Repeated, 'wake' | 'round'>;
  readonly #isAnySpentWithin: (ms: number) => Promise<boolean>;
  readonly #log: Logger;
  readonly #watch: Repeated;
  #isLow = false;
  /** Of uploads that are on their way. */
  #awaitedBytes = 0;

  /**
   * @param path on the disk
   * @param minFreeBytes with less than that it is told in the log, and removal does not wait for its time
   * @param retention removes what has had its time
   * @param isAnySpentWithin whether anything will have had it in so many milliseconds
   */
  constructor(
    path: string,
    minFreeBytes: number,
    retention: Pick<Repeated, 'wake' | 'round'>,
    isAnySpentWithin: (ms: number) => Promise<boolean>,
    log: Logger,
  ) {
    this.#path = path;
    this.#minFreeBytes = minFreeBytes;
    this.#retention = retention;
    this.#isAnySpentWithin = isAnySpentWithin;
    this.#log = log;
    this.#watch = new Repeated('look at the disk', () => this.#look(), LOOK_EVERY_MS, log);
  }

  get isLow(): boolean {
    return this.#isLow;
  }

  start(): void {
    this.#watch.start();
  }

  stop(): Promise<void> {
    return this.#watch.stop();
  }

  async during<T>(bytes: number, work: () => Promise<T>): Promise<T> {
    if (!(await this.#hasRoomFor(bytes))) await this.#waitForRoom(bytes);
    this.#awaitedBytes += bytes;
    try {
      return await work();
    } finally {
      this.#awaitedBytes -= bytes;
    }
  }

  async #waitForRoom(bytes: number): Promise<void> {
    const last = performance.now() + MOST_WAIT_MS;
    while (await this.#isAnySpentWithin(last - performance.now())) {
      await this.#retention.round();
      if ((await this.#hasRoomFor(bytes)) || performance.now() >= last) return;
    }
  }

  async #hasRoomFor(bytes: number): Promise<boolean> {
    const free = await this.#freeBytes();
    return free === null || free - this.#awaitedBytes >= bytes + MARGIN_BYTES;
  }

  async #look(): Promise<void> {
    const freeBytes = await this.#freeBytes();
    const isLow = freeBytes !== null && freeBytes < this.#minFreeBytes;
    if (isLow) this.#retention.wake();
    if (isLow === this.#isLow) return;
    this.#isLow = isLow;
    const told = { freeBytes, minFreeBytes: this.#minFreeBytes };
    if (isLow) this.#log.warn(told, 'the disk is nearly full');
    else this.#log.info(told, 'there is room on the disk again');
  }

  /** Null: the system does not say. */
  async #freeBytes(): Promise<number | null> {
    const found = await statfs(this.#path).catch(() => null);
    return found && found.bavail * found.bsize;
  }
}
