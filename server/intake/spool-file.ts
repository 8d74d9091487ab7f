import { createHash, randomUUID } from 'node:crypto';
import { type FileHandle, open, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { Sha256 } from '../../shared/domain/ids.ts';
import { asStoreError } from '../../shared/errors.ts';
import { writeWhole } from '../../shared/storage/disk/durable-file.ts';
import type { ByteSource } from './inspect/byte-source.ts';
import { fileByteSource } from './inspect/file-byte-source.ts';
import type { SpoolMemory } from './spool-memory.ts';

/** Pieces are gathered to this before they are written: each write is a way to another thread and back. */
const WRITE_BYTES = 256 * 1024;

/** Of memory that an upload begins with; doubled when it is full. */
const FIRST_BYTES = 16 * 1024;

/** The upload has more bytes than are allowed. */
export class TooManyBytes extends Error {
  override readonly name = 'TooManyBytes';
}

/**
 * The received bytes of one upload on their way to becoming an original, hashed as they come. A small upload stays in
 * memory until it is accepted, so that refusing it costs the disk nothing; the first byte too many moves it to a file.
 */
export class SpoolFile {
  readonly path: string;
  readonly #maxBytes: number;
  readonly #memory: SpoolMemory;
  readonly #hash = createHash('sha256');
  #handle: FileHandle | null = null;
  /** Of its own, and used again and again: pieces that were kept would pile up until V8 collects all garbage. */
  #gathered = Buffer.allocUnsafeSlow(0);
  #pending = 0;
  #reserved = 0;
  #bytes = 0;

  constructor(folder: string, maxBytes: number, memory: SpoolMemory) {
    this.path = join(folder, randomUUID());
    this.#maxBytes = maxBytes;
    this.#memory = memory;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /**
   * When it resolves, the memory that the piece is in may be used again. One at a time.
   * @throws {TooManyBytes | StoreError}
   */
  async write(piece: Uint8Array): Promise<void> {
    this.#bytes += piece.length;
    if (this.#bytes > this.#maxBytes) throw new TooManyBytes();
    this.#hash.update(piece);
    if (!this.#handle && this.#memory.take(this.#bytes, piece.length)) this.#reserved += piece.length;
    for (let taken = 0; taken < piece.length; ) {
      if (this.#pending === WRITE_BYTES) await this.toDisk();
      const part = piece.subarray(taken, taken + WRITE_BYTES - this.#pending);
      this.#gather(part);
      taken += part.length;
    }
  }

  #gather(part: Uint8Array): void {
    const needed = this.#pending + part.length;
    if (needed > this.#gathered.length) {
      let size = Math.max(FIRST_BYTES, this.#gathered.length);
      while (size < needed) size *= 2;
      const larger = Buffer.allocUnsafeSlow(size);
      this.#gathered.copy(larger, 0, 0, this.#pending);
      this.#giveGathered();
      this.#gathered = larger;
    }
    this.#gathered.set(part, this.#pending);
    this.#pending = needed;
  }

  /** To be called once, after the last byte. @returns the SHA-256 of all bytes */
  async finish(): Promise<Sha256> {
    if (this.#handle) await this.toDisk();
    return Sha256.parse(this.#hash.digest('hex'));
  }

  /** What was received, for reading at any place. */
  byteSource(): ByteSource {
    if (this.#handle) return fileByteSource(this.#handle, this.#bytes);
    const whole = this.#gathered.subarray(0, this.#pending);
    return {
      size: whole.length,
      read: (offset, length) => Promise.resolve(whole.subarray(offset, offset + length)),
    };
  }

  /** Puts all that was received into the file at {@link path}. @throws {StoreError} */
  async toDisk(): Promise<void> {
    try {
      this.#handle ??= await open(this.path, 'wx+', 0o644);
      const pending = this.#gathered.subarray(0, this.#pending);
      this.#pending = 0;
      await writeWhole(this.#handle, pending);
    } catch (error) {
      throw asStoreError(error, 'write a spool file');
    }
    this.#giveBack();
  }

  /** The file has become something else, and {@link dispose} leaves it alone. Nobody waits until it is closed. */
  takenOver(): void {
    // Its bytes are on the disk: a failure to close it loses nothing.
    this.#handle?.close().catch(() => {});
    this.#handle = null;
  }

  /** Lets go of everything; the file is removed unless it was taken over. */
  async dispose(): Promise<void> {
    this.#giveGathered();
    this.#giveBack();
    if (!this.#handle) return;
    await this.#handle.close();
    await unlink(this.path).catch(() => {
      // ENOENT: it became the original of an upload that was refused after all.
    });
  }

  /** At once: to V8 it is a small object that can wait. */
  #giveGathered(): void {
    if (!this.#gathered.buffer.detached) this.#gathered.buffer.transfer(0);
  }

  #giveBack(): void {
    this.#memory.give(this.#reserved);
    this.#reserved = 0;
  }
}
