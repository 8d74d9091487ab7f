import { createHash, type Hash } from 'node:crypto';
import { type Dictionary, parseDictionary } from 'structured-headers';
import { Problem } from '../problem.ts';

/** The algorithms of RFC 9530, section 5, that are not deprecated, as Node calls them. Others are left alone. */
const ALGORITHMS = new Map([
  ['sha-256', 'sha256'],
  ['sha-512', 'sha512'],
]);

/** What a client says of its body: RFC 9530. A body that has no coding of its own is its representation as well. */
export interface DigestFields {
  contentDigest: string | undefined;
  reprDigest: string | undefined;
}

interface Expected {
  field: string;
  algorithm: string;
  digest: Buffer;
  hash: Hash;
}

/** Compares a body, as it comes, with the digests that were sent before it. */
export class BodyDigest {
  readonly #expected: Expected[];

  /** @throws {Problem} for a field that cannot be read */
  constructor({ contentDigest, reprDigest }: DigestFields) {
    this.#expected = [
      ...expectedIn('Content-Digest', contentDigest),
      ...expectedIn('Repr-Digest', reprDigest),
    ];
  }

  async *through(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of chunks) {
      for (const { hash } of this.#expected) hash.update(chunk);
      yield chunk;
    }
  }

  /** To be called once, after the last byte. @throws {Problem} */
  check(): void {
    for (const { field, algorithm, digest, hash } of this.#expected) {
      if (hash.digest().equals(digest)) continue;
      throw new Problem(
        'digest_mismatch',
        `The body that arrived has not the ${algorithm} of its ${field}: send it again.`,
      );
    }
  }
}

function expectedIn(field: string, text: string | undefined): Expected[] {
  if (text === undefined) return [];
  return [...dictionaryIn(field, text)].flatMap(([algorithm, [value]]) => {
    const name = ALGORITHMS.get(algorithm);
    if (name === undefined) return [];
    if (!(value instanceof ArrayBuffer)) throw unreadable(field);
    return [{ field, algorithm, digest: Buffer.from(value), hash: createHash(name) }];
  });
}

function dictionaryIn(field: string, text: string): Dictionary {
  try {
    return parseDictionary(text);
  } catch {
    throw unreadable(field);
  }
}

const unreadable = (field: string) =>
  new Problem(
    'bad_parameter',
    `The header ${field} takes digests in base64 between colons, as in sha-256=:…:, and no others.`,
  );
