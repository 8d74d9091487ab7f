import { randomBytes, randomUUID } from 'node:crypto';
import { jwtVerify, SignJWT } from 'jose';
import { z } from 'zod';
import { ConfigurationError } from '../../shared/config.ts';
import { KeyId } from '../../shared/domain/access.ts';
import { Tenant } from '../../shared/domain/ids.ts';
import { Name } from '../../shared/domain/image.ts';
import { readJsonFile } from '../../shared/json-file.ts';

/** HMAC with SHA-256: RFC 7518, section 3.2, which asks for a secret of at least 256 bits. */
const ALGORITHM = 'HS256';
const SECRET_BYTES = 32;

/** What a ticket is for, so that nothing else that is signed with these secrets passes for one. */
const AUDIENCE = 'darkroom:upload';

const Secret = z
  .base64url('takes at least 32 random bytes in base64url')
  .transform((text) => Buffer.from(text, 'base64url'))
  .refine((bytes) => bytes.length >= SECRET_BYTES, 'takes at least 32 random bytes in base64url');
const SecretsFile = z.strictObject({
  keys: z
    .array(z.strictObject({ id: KeyId, secret: Secret }))
    .min(1)
    .max(10),
});

/** One upload by whoever has it, within a time: for a browser or an app that must have no key. */
export interface Ticket {
  /** The upload is this one's alone: a UUID. */
  id: string;
  /** Of the key that it was asked for with; null where there are no keys. */
  keyId: KeyId | null;
  tenant: Tenant;
  /** Null: as the client says, or the default one. */
  preset: string | null;
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
  max: z.int().min(1),
});

/**
 * Makes and reads tickets: JSON Web Tokens, RFC 7519. That a ticket is used once is for the store of idempotency keys to see.
 */
export class TicketOffice {
  /** The first one signs. */
  readonly #secrets: ReadonlyMap<string, Uint8Array>;
  readonly #signer: string;

  private constructor(secrets: { id: string; secret: Uint8Array }[], signer: string) {
    this.#secrets = new Map(secrets.map(({ id, secret }) => [id, secret]));
    this.#signer = signer;
  }

  /** With a secret of its own: its tickets end with the process. */
  static ofThisProcess(): TicketOffice {
    return new TicketOffice([{ id: 'process', secret: randomBytes(SECRET_BYTES) }], 'process');
  }

  /** @throws {ConfigurationError} with every fault of the file, and nothing of a secret */
  static async read(path: string): Promise<TicketOffice> {
    const parsed = SecretsFile.safeParse(await readJsonFile('SIGNING_KEYS_FILE', path));
    if (!parsed.success) {
      const told = parsed.error.issues.map(({ path, message }) => `${z.core.toDotPath(path)}: ${message}`);
      throw new ConfigurationError(told.map((fault) => `SIGNING_KEYS_FILE: ${fault}`));
    }
    const { keys } = parsed.data;
    const ids = new Set(keys.map(({ id }) => id));
    if (ids.size < keys.length)
      throw new ConfigurationError(['SIGNING_KEYS_FILE: two keys have the same id']);
    return new TicketOffice(keys, keys[0]?.id ?? '');
  }

  async issue(asked: Omit<Ticket, 'id'>): Promise<string> {
    const { keyId, tenant, preset, maxBytes, expiresAt } = asked;
    return new SignJWT({ key: keyId, preset, max: maxBytes })
      .setProtectedHeader({ alg: ALGORITHM, kid: this.#signer })
      .setAudience(AUDIENCE)
      .setSubject(tenant)
      .setJti(randomUUID())
      .setExpirationTime(Math.floor(expiresAt / 1000))
      .sign(this.#secretOf(this.#signer));
  }

  /** Null: it is none of ours, or its time is over. */
  async read(token: string): Promise<Ticket | null> {
    const verified = await jwtVerify(token, ({ kid }) => this.#secretOf(kid), {
      algorithms: [ALGORITHM],
      audience: AUDIENCE,
      requiredClaims: ['exp'],
    }).catch(() => null);
    const claims = Claims.safeParse(verified?.payload);
    if (!claims.success) return null;
    const { jti, sub, key, preset, max, exp } = claims.data;
    return { id: jti, keyId: key, tenant: sub, preset, maxBytes: max, expiresAt: exp * 1000 };
  }

  #secretOf(id: string | undefined): Uint8Array {
    const secret = this.#secrets.get(id ?? '');
    if (!secret) throw new Error('it is signed with a key that is not known here');
    return secret;
  }
}
