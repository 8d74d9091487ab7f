import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

/** Most metadata lie in the first one, and nothing of them is longer than a few. */
const WINDOW_BYTES = 32 * 1024;

/**
 * What one original may cost, wherever its offsets lead: a GIF of 20 MiB has some 80,000 blocks to step over, and the
 * texts and packets of a photo have some 100 KiB. It all ends within a second.
 */
const READS_AT_MOST = 200_000;
const ASKED_BYTES_AT_MOST = 8 * 2 ** 20;
const DISK_BYTES_AT_MOST = 64 * 2 ** 20;

/** Metadata that contradict themselves: what was found before counts, and another block may be sound. */
export class DamagedMetadata extends Error {}

/** There is more of them than is looked at. */
export class TooMuchMetadata extends Error {}

/**
 * The bytes of an original, or a part of them, of which only what is asked for is read. Offsets are those of the part,
 * and nothing outside it can be reached.
 */
export class InputBytes {
  readonly size: number;
  readonly #file: WindowedFile;
  readonly #start: number;

  private constructor(file: WindowedFile, start: number, size: number) {
    this.#file = file;
    this.#start = start;
    this.size = size;
  }

  /** Reads wait: the worker has nothing else to do. @throws where the file cannot be read */
  static reading<T>(path: string, work: (bytes: InputBytes) => T): T {
    const descriptor = openSync(path, 'r');
    try {
      const { size } = fstatSync(descriptor);
      return work(new InputBytes(new WindowedFile(descriptor), 0, size));
    } finally {
      closeSync(descriptor);
    }
  }

  /** As much of it as there is. */
  part(at: number, size = Number.POSITIVE_INFINITY): InputBytes {
    const start = Math.min(Math.max(0, at), this.size);
    return new InputBytes(this.#file, this.#start + start, Math.min(size, this.size - start));
  }

  /** The bytes, fewer at the end. They hold until the next call. */
  read(at: number, count: number): Buffer {
    if (at < 0 || at >= this.size) return Buffer.alloc(0);
    return this.#file.read(this.#start + at, Math.min(count, this.size - at));
  }

  text(at: number, count: number): string {
    return this.read(at, count).toString('latin1');
  }

  /** @throws {DamagedMetadata} outside the part */
  u8(at: number): number {
    return this.#exactly(at, 1).readUInt8();
  }

  /** @throws {DamagedMetadata} outside the part */
  u16(at: number, littleEndian = false): number {
    const bytes = this.#exactly(at, 2);
    return littleEndian ? bytes.readUInt16LE() : bytes.readUInt16BE();
  }

  /** @throws {DamagedMetadata} outside the part */
  u32(at: number, littleEndian = false): number {
    const bytes = this.#exactly(at, 4);
    return littleEndian ? bytes.readUInt32LE() : bytes.readUInt32BE();
  }

  #exactly(at: number, count: number): Buffer {
    const bytes = this.read(at, count);
    if (bytes.length !== count) throw new DamagedMetadata('it ends too early');
    return bytes;
  }
}

class WindowedFile {
  readonly #descriptor: number;
  readonly #buffer = Buffer.allocUnsafe(WINDOW_BYTES);
  #window: { start: number; bytes: Buffer } = { start: 0, bytes: Buffer.alloc(0) };
  #reads = 0;
  #asked = 0;
  #disk = 0;

  constructor(descriptor: number) {
    this.#descriptor = descriptor;
  }

  read(at: number, count: number): Buffer {
    this.#reads++;
    this.#asked += count;
    if (this.#reads > READS_AT_MOST || this.#asked > ASKED_BYTES_AT_MOST) throw new TooMuchMetadata();
    if (count > WINDOW_BYTES) return this.#readInto(Buffer.allocUnsafe(count), at);
    const isThere = at >= this.#window.start && at + count <= this.#window.start + this.#window.bytes.length;
    if (!isThere) this.#window = { start: at, bytes: this.#readInto(this.#buffer, at) };
    const from = at - this.#window.start;
    return this.#window.bytes.subarray(from, from + count);
  }

  #readInto(buffer: Buffer, at: number): Buffer {
    this.#disk += buffer.length;
    if (this.#disk > DISK_BYTES_AT_MOST) throw new TooMuchMetadata();
    return buffer.subarray(0, readSync(this.#descriptor, buffer, 0, buffer.length, at));
  }
}
