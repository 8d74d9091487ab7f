import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { hashOf, type WrittenKey } from '../../server/access/api-keys.ts';

/** Writes an API_KEYS_FILE. @returns the field `Authorization` of each key, by its id */
export async function writeApiKeys<Id extends string>(
  path: string,
  entries: Record<Id, Pick<WrittenKey, 'scopes' | 'tenant'>>,
): Promise<Record<Id, { authorization: string }>> {
  const ids = Object.keys(entries) as Id[];
  const made = ids.map((id) => ({ id, key: `dk_${randomBytes(32).toString('base64url')}` }));
  const keys = made.map(({ id, key }) => ({ id, hash: hashOf(key), ...entries[id] }));
  await writeFile(path, JSON.stringify({ keys }));
  const fields = made.map(({ id, key }) => [id, { authorization: `Bearer ${key}` }]);
  return Object.fromEntries(fields) as Record<Id, { authorization: string }>;
}
