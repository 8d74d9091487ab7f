import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SigningKeys } from '../../server/access/signing-keys.ts';
import { ownFolder } from './own-folder.ts';

export interface Secret {
  id: string;
  secret: string;
}

/** As an operator makes one. */
export const newSecret = (id: string): Secret => ({ id, secret: randomBytes(32).toString('base64url') });

/** What a file has that names these, the first of which signs. */
export async function signingKeysOf(...keys: Secret[]): Promise<SigningKeys> {
  const path = join(await ownFolder(), 'signing.json');
  await writeFile(path, JSON.stringify({ keys }));
  return SigningKeys.read(path);
}
