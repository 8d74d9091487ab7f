import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { Sha256 } from '../../../shared/domain/ids.ts';
import type { NewFile } from '../../../shared/storage/image-storage.ts';
import { malformed } from './verdict.ts';

/** Large enough that most variants are one read; what is asked for at once has to fit into it. */
export const READER_BYTES = 256 * 1024;

/** The most that may be asked for at once: the longest segment of a JPEG, and more than a header needs. */
export const TAKEN_AT_MOST = 64 * 1024;

/**
 * How often may be asked for something: an animation of 999 frames needs some 7,000. Beside these there is one for each
 * KiB, as the picture data of a long PNG lie in chunks of 8 KiB. A file of empty chunks would keep the parent from all else for seconds.
 */
const ASKED_AT_MOST = 10_000;

/**
 * Goes once through an output, from its first byte to its last, and hashes and copies what it sees, so that what was
 * judged is what is published. Holds {@link READER_BYTES} in memory, whatever the size of the file.
 */
export class OutputReader {
  readonly #file: Pick<FileHandle, 'read'>;
  readonly #copy: NewFile;
  readonly #hash = createHash('sha256');
  readonly #buffer: Buffer;
  /** What is in memory and was not asked for yet. */
  #at = 0;
  #end = 0;
  /** Bytes of the file that are not in memory yet, and where they begin. */
  #unread: number;
  #position = 0;
  #asksLeft: number;

  /** @param buffer of {@link READER_BYTES}, for this reader alone as long as it is used */
  constructor(file: Pick<FileHandle, 'read'>, bytes: number, copy: NewFile, buffer: Buffer) {
    this.#file = file;
    this.#copy = copy;
    this.#unread = bytes;
    this.#asksLeft = ASKED_AT_MOST + bytes / 1024;
    this.#buffer = buffer;
  }

  /** Bytes that were not asked for yet. */
  get left(): number {
    return this.#unread + this.#end - this.#at;
  }

  /**
   * The next bytes, at most {@link TAKEN_AT_MOST}. They hold until the next call.
   * @throws {BadOutput} when the file has less, or has had too many parts
   */
  async take(count: number): Promise<Buffer> {
    if (count > TAKEN_AT_MOST) throw malformed('has a header that is too long');
    if (--this.#asksLeft < 0) throw malformed('has too many parts');
    await this.#have(count);
    this.#at += count;
    return this.#buffer.subarray(this.#at - count, this.#at);
  }

  /** @throws {BadOutput} when the file has less */
  async pass(count: number): Promise<void> {
    if (count > this.left) throw malformed('ends too early');
    let left = count;
    while (left > this.#end - this.#at) {
      left -= this.#end - this.#at;
      this.#at = this.#end;
      await this.#have(Math.min(left, this.#buffer.length));
    }
    this.#at += left;
  }

  /**
   * All that is in memory, and at least so many bytes. They hold until the next call.
   * @throws {BadOutput} when the file has less
   */
  async takeSome(atLeast: number): Promise<Buffer> {
    await this.#have(atLeast);
    const bytes = this.#buffer.subarray(this.#at, this.#end);
    this.#at = this.#end;
    return bytes;
  }

  /** The last so many bytes of what was taken are the next ones again. */
  giveBack(count: number): void {
    this.#at -= count;
  }

  /**
   * The SHA-256 of all of it.
   * @throws {BadOutput} when something of it was not asked for
   */
  finish(): Sha256 {
    if (this.left > 0) throw malformed('goes on behind its end');
    return Sha256.parse(this.#hash.digest('hex'));
  }

  async #have(count: number): Promise<void> {
    if (count > this.left) throw malformed('ends too early');
    if (count <= this.#end - this.#at) return;
    this.#buffer.copyWithin(0, this.#at, this.#end);
    this.#end -= this.#at;
    this.#at = 0;
    while (this.#end < count) {
      const room = Math.min(this.#buffer.length - this.#end, this.#unread);
      const { bytesRead } = await this.#file.read(this.#buffer, this.#end, room, this.#position);
      if (bytesRead === 0) throw malformed('became shorter while it was read');
      const read = this.#buffer.subarray(this.#end, this.#end + bytesRead);
      this.#hash.update(read);
      await this.#copy.write(read);
      this.#end += bytesRead;
      this.#position += bytesRead;
      this.#unread -= bytesRead;
    }
  }
}
