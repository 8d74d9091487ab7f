import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { BY_ADDRESS, type Reading } from './reading.ts';
import type { SigningKeys } from './signing-keys.ts';

/** What is signed begins with this, so that nothing else that these secrets sign passes for an address: a token has no line. */
const AUDIENCE = 'darkroom:read';

/** Seconds since 1970 without a leading zero: an address has one way to be written. */
const EXPIRES = /^[1-9]\d{0,11}$/;

/**
 * Addresses of variants that end: `?expires=…&key=…&signature=…`, as content delivery networks have them. The signature is
 * HMAC-SHA256 (RFC 2104) in base64url without padding, over three lines: the audience, `expires`, and the path.
 */
export class SignedUrls {
  readonly #keys: SigningKeys;
  readonly #ttlS: number;
  readonly #now: () => number;

  /**
   * @param ttlS so many seconds an address of a manifest lives at the least, and twice as many at the most
   * @param now milliseconds since 1970, by the clock that addresses end by
   */
  constructor(keys: SigningKeys, ttlS: number, now = () => Date.now()) {
    this.#keys = keys;
    this.#ttlS = ttlS;
    this.#now = now;
  }

  /**
   * For a manifest. It stays the same for a while, so that caches find it again, and not all change in the same second.
   * @param now milliseconds since 1970
   */
  sign(path: string, now = this.#now()): string {
    const ttl = this.#ttlS;
    const phase = createHash('sha256').update(path).digest().readUInt32BE() % ttl;
    return this.#signUntil(path, (Math.floor((now / 1000 - phase) / ttl) + 2) * ttl + phase);
  }

  /** Null: there is no signature, or none that is good, or its time is over. Each takes the same time. */
  read(
    path: string,
    query: Record<string, string>,
    now = this.#now(),
  ): (Reading & { signer: string }) | null {
    const { expires = '', key = '', signature = '' } = query;
    const known = this.#keys.secretOf(key);
    const isSigned = equals(signature, signatureOf(known ?? this.#keys.signer.secret, path, expires));
    if (!known || !isSigned || !EXPIRES.test(expires) || now >= Number(expires) * 1000) return null;
    const until = Number(expires);
    return {
      ...BY_ADDRESS,
      leftMs: until * 1000 - now,
      addressOf: (other) => this.#signUntil(other, until),
      signer: key,
    };
  }

  #signUntil(path: string, expires: number): string {
    const { id, secret } = this.#keys.signer;
    const signature = signatureOf(secret, path, String(expires));
    return `${path}?expires=${expires}&key=${id}&signature=${signature}`;
  }
}

function signatureOf(secret: Uint8Array, path: string, expires: string): string {
  return createHmac('sha256', secret).update(`${AUDIENCE}\n${expires}\n${path}`).digest('base64url');
}

/** In a time that says nothing of how much is equal. The text and not its bytes: base64url has several texts for some. */
function equals(given: string, expected: string): boolean {
  const [one, other] = [Buffer.from(given), Buffer.from(expected)];
  return one.length === other.length && timingSafeEqual(one, other);
}
