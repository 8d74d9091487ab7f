import { jwtVerify, SignJWT } from 'jose';
import { z } from 'zod';
import { KeyId } from '../../shared/domain/access.ts';
import { Tenant } from '../../shared/domain/ids.ts';
import { Name } from '../../shared/domain/image.ts';
import type { SigningKeys } from './signing-keys.ts';

/** RFC 7518, section 3.2. */
const ALGORITHM = 'HS256';

/** What a ticket is for, so that nothing else that is signed with these secrets passes for one. */
const AUDIENCE = 'darkroom:upload';

/** One upload by whoever has it, within a time: for a browser or an app that must have no key. */
export interface Ticket {
  /** The upload is this one's alone: a UUID. */
  id: string;
  /** Of the key that it was asked for with; null where there are no keys. */
  keyId: KeyId | null;
  tenant: Tenant;
  /** Null: as the client says, or the default one. */
  preset: string | null;
  /** When the image ends, as its upload would say. Null: as the client says. */
  expires: string | null;
  maxBytes: number;
  /** Milliseconds since 1970, a whole second. */
  expiresAt: number;
}

const Claims = z.object({
  jti: z.uuid(),
  sub: Tenant,
  exp: z.int(),
  key: KeyId.nullable(),
  preset: Name.nullable(),
  // Those of a version before have none.
  expires: z.string().nullable().default(null),
  max: z.int().min(1),
});

/**
 * Makes and reads tickets: JSON Web Tokens, RFC 7519. That a ticket is used once is for the store of idempotency keys to see.
 */
export class TicketOffice {
  readonly #keys: SigningKeys;
  readonly #now: () => number;

  /** @param now milliseconds since 1970, by the clock that tickets end by */
  constructor(keys: SigningKeys, now = () => Date.now()) {
    this.#keys = keys;
    this.#now = now;
  }

  /** The end of a ticket that lives for so many seconds from now on. */
  endIn(seconds: number): number {
    return (Math.floor(this.#now() / 1000) + seconds) * 1000;
  }

  async issue({
    id: ticketId,
    keyId,
    tenant,
    preset,
    expires,
    maxBytes,
    expiresAt,
  }: Ticket): Promise<string> {
    const { id, secret } = this.#keys.signer;
    return new SignJWT({ key: keyId, preset, expires, max: maxBytes })
      .setProtectedHeader({ alg: ALGORITHM, kid: id })
      .setAudience(AUDIENCE)
      .setSubject(tenant)
      .setJti(ticketId)
      .setExpirationTime(Math.floor(expiresAt / 1000))
      .sign(secret);
  }

  /** Null: it is none of ours, or its time is over. */
  async read(token: string): Promise<Ticket | null> {
    const verified = await jwtVerify(token, ({ kid }) => this.#secretOf(kid), {
      algorithms: [ALGORITHM],
      audience: AUDIENCE,
      requiredClaims: ['exp'],
      currentDate: new Date(this.#now()),
    }).catch(() => null);
    const claims = Claims.safeParse(verified?.payload);
    if (!claims.success) return null;
    const { jti, sub, key, preset, expires, max, exp } = claims.data;
    return { id: jti, keyId: key, tenant: sub, preset, expires, maxBytes: max, expiresAt: exp * 1000 };
  }

  #secretOf(id: string | undefined): Uint8Array {
    const secret = this.#keys.secretOf(id);
    if (!secret) throw new Error('it is signed with a key that is not known here');
    return secret;
  }
}
