import { carries, malformed } from './verdict.ts';

const HEADER_BYTES = 8;

/** Goes through the content of one ISO box (ISO/IEC 14496-12, section 4.2), of which no byte may be left over. */
export class BoxReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get left(): number {
    return this.#bytes.length - this.#at;
  }

  /** A number of so many bytes, at most 6; of none it is zero. */
  uint(bytes: number): number {
    return bytes === 0 ? 0 : this.#take(bytes).readUIntBE(0, bytes);
  }

  text(bytes: number): string {
    return this.#take(bytes).toString('latin1');
  }

  /** Version and flags. */
  fullBox(): { version: number; flags: number } {
    return { version: this.uint(1), flags: this.uint(3) };
  }

  expectFullBox(version: number): void {
    const found = this.fullBox();
    if (found.version !== version || found.flags !== 0) throw malformed('has a box of an unknown form');
  }

  expectZeros(bytes: number): void {
    if (!this.#take(bytes).every((byte) => byte === 0)) throw carries('a text in its boxes');
  }

  expectEnd(): void {
    if (this.left > 0) throw carries('something behind the end of a box');
  }

  /** The next box inside this one. */
  box(): [type: string, box: BoxReader] {
    const size = this.uint(4);
    const type = this.text(4);
    if (size < HEADER_BYTES) throw malformed('has a box of no size');
    return [type, new BoxReader(this.#take(size - HEADER_BYTES))];
  }

  /** So many boxes of one type. */
  *listOf(type: string, count: number): Generator<BoxReader> {
    for (let index = 0; index < count; index++) {
      const [found, box] = this.box();
      if (found !== type) throw malformed(`has something else than ${type}`);
      yield box;
    }
  }

  /** All boxes to the end, each of one of these types and there once. */
  boxes(types: readonly string[]): Map<string, BoxReader> {
    const boxes = new Map<string, BoxReader>();
    while (this.left > 0) {
      const [type, box] = this.box();
      if (!types.includes(type) || boxes.has(type)) {
        throw carries(`a box ${type.replace(/[^A-Za-z0-9]/g, '?')} too many`);
      }
      boxes.set(type, box);
    }
    return boxes;
  }

  #take(count: number): Buffer {
    if (count > this.left) throw malformed('has a box that ends too early');
    this.#at += count;
    return this.#bytes.subarray(this.#at - count, this.#at);
  }
}
