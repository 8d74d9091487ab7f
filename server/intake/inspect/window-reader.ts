import type { ByteSource } from './byte-source.ts';

/** How much of the file is in memory at a time: one page of most filesystems holds most headers whole. */
export const WINDOW_BYTES = 4096;

const NOTHING = new DataView(new ArrayBuffer(0));

/**
 * One small window over a file, moved on demand.
 *
 * A parser that only goes forward costs at most one read per window of the file. Such walks ask `peek` first
 * and await `view` only when it has nothing: millions of tiny blocks then cost no promises.
 */
export class WindowReader {
  readonly size: number;
  readonly #source: ByteSource;
  #window: DataView = NOTHING;
  #start = 0;

  constructor(source: ByteSource) {
    this.#source = source;
    this.size = source.size;
  }

  /** The bytes if they happen to be in memory. */
  peek(offset: number, length: number): DataView | undefined {
    const from = offset - this.#start;
    if (!(from >= 0 && from + length <= this.#window.byteLength)) return undefined;
    return new DataView(this.#window.buffer, this.#window.byteOffset + from, length);
  }

  /** One byte, as `peek`, for walks that look at nothing else of each block: it makes no object. */
  peekByte(offset: number): number | undefined {
    const from = offset - this.#start;
    return from >= 0 && from < this.#window.byteLength ? this.#window.getUint8(from) : undefined;
  }

  /** The bytes, or undefined when any of them is outside the file. At most {@link WINDOW_BYTES}. */
  async view(offset: number, length: number): Promise<DataView | undefined> {
    const known = this.peek(offset, length);
    if (known !== undefined) return known;
    const inside = Number.isSafeInteger(offset) && offset >= 0 && offset + length <= this.size;
    if (!inside || length > WINDOW_BYTES) return undefined;

    const bytes = await this.#source.read(offset, Math.min(WINDOW_BYTES, this.size - offset));
    this.#window = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#start = offset;
    return this.peek(offset, length);
  }
}
