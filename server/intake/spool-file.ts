import { createHash, randomUUID } from 'node:crypto';
import { type FileHandle, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Sha256 } from '../../shared/domain/ids.ts';
import { asStoreError } from '../../shared/errors.ts';

/** Small pieces are gathered to this before they are written: a chunked body may bring one byte at a time. */
const WRITE_BYTES = 64 * 1024;

/** The upload has more bytes than are allowed. */
export class TooManyBytes extends Error {
  override readonly name = 'TooManyBytes';
}

/** The received bytes of one upload on their way to becoming an original: written and hashed as they come. */
export class SpoolFile {
  readonly path: string;
  readonly #handle: FileHandle;
  readonly #maxBytes: number;
  readonly #hash = createHash('sha256');
  #pieces: Uint8Array[] = [];
  #pending = 0;
  #bytes = 0;

  private constructor(path: string, handle: FileHandle, maxBytes: number) {
    this.path = path;
    this.#handle = handle;
    this.#maxBytes = maxBytes;
  }

  /** @throws {StoreError} */
  static async create(folder: string, maxBytes: number): Promise<SpoolFile> {
    const path = join(folder, randomUUID());
    try {
      return new SpoolFile(path, await open(path, 'wx+', 0o644), maxBytes);
    } catch (error) {
      throw asStoreError(error, 'make a spool file');
    }
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** For reading what was written, after {@link finish}. */
  get handle(): FileHandle {
    return this.#handle;
  }

  /** @throws {TooManyBytes | StoreError} */
  async write(piece: Uint8Array): Promise<void> {
    this.#bytes += piece.length;
    if (this.#bytes > this.#maxBytes) throw new TooManyBytes();
    this.#hash.update(piece);
    this.#pieces.push(piece);
    this.#pending += piece.length;
    if (this.#pending >= WRITE_BYTES) await this.#flush();
  }

  /** @returns the SHA-256 of all bytes */
  async finish(): Promise<Sha256> {
    await this.#flush();
    return Sha256.parse(this.#hash.digest('hex'));
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }

  /** Removes the file where it was not taken over. */
  async discard(): Promise<void> {
    await rm(this.path, { force: true });
  }

  async #flush(): Promise<void> {
    const pieces = this.#pieces;
    this.#pieces = [];
    this.#pending = 0;
    try {
      if (pieces.length > 0) await this.#handle.writev(pieces);
    } catch (error) {
      throw asStoreError(error, 'write a spool file');
    }
  }
}
