import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { ConfigurationError } from '../../shared/config.ts';
import { KeyId } from '../../shared/domain/access.ts';
import { readJsonFile } from '../../shared/json-file.ts';

/** HMAC with SHA-256 asks for a secret of at least 256 bits: RFC 7518, section 3.2. */
const SECRET_BYTES = 32;

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

interface SigningKey {
  id: string;
  secret: Uint8Array;
}

/**
 * The secrets that tickets and addresses are signed with: the first one signs, those of all are taken. To change one, its
 * successor is listed before it, and it is taken away when nothing lives any more that it has signed.
 */
export class SigningKeys {
  readonly signer: SigningKey;
  readonly #secrets: ReadonlyMap<string, Uint8Array>;

  private constructor(signer: SigningKey, others: readonly SigningKey[] = []) {
    this.signer = signer;
    this.#secrets = new Map([signer, ...others].map(({ id, secret }) => [id, secret]));
  }

  /** A secret of its own: what it signs ends with the process. */
  static ofThisProcess(): SigningKeys {
    return new SigningKeys({ id: 'process', secret: randomBytes(SECRET_BYTES) });
  }

  /** A secret that all nodes have. */
  static inCommon(secret: Uint8Array): SigningKeys {
    return new SigningKeys({ id: 'common', secret });
  }

  /** @throws {ConfigurationError} with every fault of the file, and nothing of a secret */
  static async read(path: string): Promise<SigningKeys> {
    const parsed = SecretsFile.safeParse(await readJsonFile('SIGNING_KEYS_FILE', path));
    if (!parsed.success) {
      const told = parsed.error.issues.map(({ path, message }) => `${z.core.toDotPath(path)}: ${message}`);
      throw new ConfigurationError(told.map((fault) => `SIGNING_KEYS_FILE: ${fault}`));
    }
    const { keys } = parsed.data;
    const [signer, ...others] = keys;
    if (!signer || new Set(keys.map(({ id }) => id)).size < keys.length)
      throw new ConfigurationError(['SIGNING_KEYS_FILE: two keys have the same id']);
    return new SigningKeys(signer, others);
  }

  /** Null: no key of this name is known here. */
  secretOf(id: string | undefined): Uint8Array | null {
    return this.#secrets.get(id ?? '') ?? null;
  }
}
