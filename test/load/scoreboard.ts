const TAKEN = 0;
const DONE = 1;
const ACCEPTED = 2;
const STOPPED = 3;
const READY = 4;
const CELLS = 5;

/**
 * What the threads and the main thread share while uploads are sent: memory and not messages, so that an idle
 * thread can take what a busy one would have sent, and counting costs the senders nothing.
 */
export class Scoreboard {
  readonly memory: SharedArrayBuffer;
  readonly #cells: Int32Array;
  readonly #requests: number;

  constructor(requests: number, memory = new SharedArrayBuffer(CELLS * Int32Array.BYTES_PER_ELEMENT)) {
    this.memory = memory;
    this.#cells = new Int32Array(memory);
    this.#requests = requests;
  }

  /** The number of the next upload to send, or undefined when there is none or sending was stopped. */
  take(): number | undefined {
    if (this.isStopped) return undefined;
    const taken = Atomics.add(this.#cells, TAKEN, 1);
    return taken < this.#requests ? taken : undefined;
  }

  finish(accepted: boolean): void {
    Atomics.add(this.#cells, DONE, 1);
    if (accepted) Atomics.add(this.#cells, ACCEPTED, 1);
  }

  get done(): number {
    return Atomics.load(this.#cells, DONE);
  }

  get accepted(): number {
    return Atomics.load(this.#cells, ACCEPTED);
  }

  stop(): void {
    Atomics.store(this.#cells, STOPPED, 1);
  }

  get isStopped(): boolean {
    return Atomics.load(this.#cells, STOPPED) === 1;
  }

  markReady(): void {
    Atomics.add(this.#cells, READY, 1);
  }

  get threadsReady(): number {
    return Atomics.load(this.#cells, READY);
  }
}
