import { createHash, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { ConfigurationError } from '../../shared/config.ts';
import { KeyId, Scope } from '../../shared/domain/access.ts';
import { DEFAULT_TENANT, Tenant } from '../../shared/domain/ids.ts';
import type { Quota } from '../../shared/domain/usage.ts';
import { readJsonFile } from '../../shared/json-file.ts';
import type { Caller } from './caller.ts';

/** Keys are compared with all that there are, for each request. */
const MOST_KEYS = 1_000;

/** Of a key of 256 random bits, which nobody can guess: there is nothing that a slow hash would make slower to find. */
const KeyHash = z
  .string()
  .regex(/^sha256:[0-9a-f]{64}$/, 'sha256: and 64 hexadecimal digits in small letters');

const WrittenKey = z.strictObject({
  id: KeyId,
  hash: KeyHash,
  tenant: Tenant.default(DEFAULT_TENANT),
  scopes: z.array(Scope).min(1),
});
/** Null takes the usual limit away. */
const OwnQuota = z.strictObject({
  quotaBytes: z.int().min(1).nullable().optional(),
  quotaImages: z.int().min(1).nullable().optional(),
});
const KeysFile = z.strictObject({
  keys: z.array(WrittenKey).min(1).max(MOST_KEYS),
  tenants: z.record(Tenant, OwnQuota).default({}),
});

export type WrittenKey = z.input<typeof WrittenKey>;

export const hashOf = (key: string): z.infer<typeof KeyHash> =>
  `sha256:${createHash('sha256').update(key).digest('hex')}`;

const ownQuota = ({ quotaBytes, quotaImages }: z.infer<typeof OwnQuota>): Partial<Quota> => ({
  ...(quotaBytes !== undefined && { bytes: quotaBytes }),
  ...(quotaImages !== undefined && { images: quotaImages }),
});

interface KnownKey {
  hash: Buffer;
  caller: Caller;
}

/** The API keys of this process, of which it has the hashes alone. A key is changed by listing its successor beside it. */
export class ApiKeys {
  readonly #keys: KnownKey[];
  /** Of tenants, as far as they are not the usual ones. */
  readonly quotas: ReadonlyMap<Tenant, Partial<Quota>>;

  private constructor(keys: KnownKey[], quotas: ReadonlyMap<Tenant, Partial<Quota>>) {
    this.#keys = keys;
    this.quotas = quotas;
  }

  /** @throws {ConfigurationError} with every fault of the file */
  static async read(path: string): Promise<ApiKeys> {
    const parsed = KeysFile.safeParse(await readJsonFile('API_KEYS_FILE', path));
    if (!parsed.success) {
      throw new ConfigurationError(
        parsed.error.issues.map(
          (issue) => `API_KEYS_FILE: ${z.core.toDotPath(issue.path)}: ${issue.message}`,
        ),
      );
    }
    const { keys, tenants } = parsed.data;
    for (const member of ['id', 'hash'] as const) {
      const twice = keys.find((key, at) => keys.findIndex((other) => other[member] === key[member]) < at);
      if (twice)
        throw new ConfigurationError([`API_KEYS_FILE: ${twice.id}: another key has the same ${member}`]);
    }
    return new ApiKeys(
      keys.map(({ id, hash, tenant, scopes }) => ({
        hash: Buffer.from(hash),
        caller: { keyId: id, tenant, scopes: new Set(scopes) },
      })),
      new Map(Object.entries(tenants).map(([tenant, quota]) => [Tenant.parse(tenant), ownQuota(quota)])),
    );
  }

  /** How many tenants have a key. */
  get tenants(): number {
    return new Set(this.#keys.map(({ caller }) => caller.tenant)).size;
  }

  /** Takes the same time for each key, and for none. */
  callerOf(key: string): Caller | null {
    const hash = Buffer.from(hashOf(key));
    let found: Caller | null = null;
    for (const known of this.#keys) if (timingSafeEqual(known.hash, hash)) found = known.caller;
    return found;
  }
}
