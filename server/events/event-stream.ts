/** A reader that lets so many bytes wait is too slow, and has to come again. */
export const MOST_WAITING_BYTES = 64 * 1024;

export interface StreamEnds {
  /** Ends the connection. False: it cannot, and the body is to end. */
  cut(): boolean;
  /** Called before a reader is cut who was too slow. */
  tooSlow(): void;
  /** It is over, for whatever reason; called once. */
  over(): void;
}

/**
 * The body of an answer that goes on. What is sent waits until the connection takes it, within a bound: who does not read
 * holds up nobody, and is cut.
 */
export class EventStream {
  readonly body: ReadableStream<Uint8Array<ArrayBuffer>>;
  /** By `performance.now()`. */
  sentAt = performance.now();
  readonly #ends: StreamEnds;
  #waiting: Uint8Array<ArrayBuffer>[] = [];
  /** Of what came after the beginning. */
  #waitingBytes = 0;
  #controller: ReadableStreamDefaultController<Uint8Array<ArrayBuffer>> | null = null;
  /** Called when there is something to take; null: nobody waits for it. */
  #taker: (() => void) | null = null;
  #state: 'open' | 'finishing' | 'over' = 'open';

  constructor(ends: StreamEnds) {
    this.#ends = ends;
    this.body = new ReadableStream(
      {
        start: (controller) => {
          this.#controller = controller;
        },
        pull: () => this.#give(),
        cancel: () => this.#end(),
      },
      { highWaterMark: 0 },
    );
  }

  /** What it begins with, at once, and however much it is. */
  begin(blocks: readonly Uint8Array<ArrayBuffer>[]): void {
    this.#waiting = [...blocks];
    this.#taker?.();
  }

  /** @returns false when the reader is too slow, and is cut with it; or it is over already */
  send(block: Uint8Array<ArrayBuffer>): boolean {
    if (this.#state !== 'open') return false;
    this.#waiting.push(block);
    this.#waitingBytes += block.length;
    this.sentAt = performance.now();
    this.#taker?.();
    if (this.#waitingBytes <= MOST_WAITING_BYTES) return true;
    this.#ends.tooSlow();
    this.cut();
    return false;
  }

  /** Ends when what waits has been taken. */
  finish(): void {
    if (this.#state !== 'open') return;
    this.#state = 'finishing';
    this.#taker?.();
  }

  /** Ends at once. */
  cut(): void {
    this.#waiting = [];
    const isCut = this.#ends.cut();
    // A client of events takes an end as it takes a failure, and comes again.
    if (!isCut && this.#state !== 'over') this.#controller?.close();
    this.#end();
  }

  /** Nobody was given it. */
  drop(): void {
    this.#end();
  }

  #give(): Promise<void> | void {
    if (this.#waiting.length > 0) {
      this.#controller?.enqueue(joined(this.#waiting));
      this.#waiting = [];
      this.#waitingBytes = 0;
      return;
    }
    if (this.#state === 'finishing') {
      this.#controller?.close();
      return this.#end();
    }
    if (this.#state === 'over') return;
    return new Promise((resolve) => {
      this.#taker = () => {
        this.#taker = null;
        resolve(this.#give());
      };
    });
  }

  #end(): void {
    if (this.#state === 'over') return;
    this.#state = 'over';
    this.#waiting = [];
    this.#waitingBytes = 0;
    this.#taker = null;
    this.#ends.over();
  }
}

function joined(blocks: readonly Uint8Array<ArrayBuffer>[]): Uint8Array<ArrayBuffer> {
  const [first] = blocks;
  if (first && blocks.length === 1) return first;
  const whole = new Uint8Array(blocks.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const block of blocks) {
    whole.set(block, at);
    at += block.length;
  }
  return whole;
}
