import { createHash, type Hash } from 'node:crypto';
import { Problem } from '../problem.ts';

/** As `Tus-Checksum-Algorithm` names them; Node calls them the same. */
export const CHECKSUMS = ['sha1', 'sha256', 'sha512'] as const;

const FIELD = /^(sha1|sha256|sha512) ([A-Za-z0-9+/]+={0,2})$/;

/** What a client says of the bytes of one request: the extension `checksum` of tus 1.0. */
export class Checksum {
  readonly #hash: Hash;
  readonly #expected: Buffer;

  /**
   * @param field `Upload-Checksum`
   * @returns null where there is none
   * @throws {Problem} for one that cannot be read
   */
  static of(field: string | undefined): Checksum | null {
    if (field === undefined) return null;
    const [, algorithm, digest] = FIELD.exec(field) ?? [];
    if (algorithm !== undefined && digest !== undefined) return new Checksum(algorithm, digest);
    throw new Problem(
      'bad_parameter',
      `The header Upload-Checksum takes one of ${CHECKSUMS.join(', ')}, a space, and the digest in base64.`,
    );
  }

  private constructor(algorithm: string, digest: string) {
    this.#hash = createHash(algorithm);
    this.#expected = Buffer.from(digest, 'base64');
  }

  update(bytes: Uint8Array): void {
    this.#hash.update(bytes);
  }

  /** To be called once, after the last byte. @throws {Problem} */
  check(): void {
    if (this.#hash.digest().equals(this.#expected)) return;
    throw new Problem('checksum_mismatch', 'Other bytes have arrived than were sent: send them again.');
  }
}
