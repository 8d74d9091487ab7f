import { readFile } from 'node:fs/promises';
import { ConfigurationError } from '../../shared/config.ts';
import { whyUnreadable } from '../../shared/json-file.ts';
import { SECRET_TAKES, secretOf } from '../webhooks/secret.ts';

/**
 * The secret of PURGE_SECRET_FILE, in base64, with or without `whsec_` before it.
 * @throws {ConfigurationError} that tells nothing of the secret
 */
export async function readPurgeSecret(path: string): Promise<Uint8Array> {
  const fault = (why: string) => new ConfigurationError([`PURGE_SECRET_FILE: ${path}: ${why}`]);
  const text = await readFile(path, 'utf8').catch((error) => {
    throw fault(whyUnreadable(error));
  });
  const secret = secretOf(text.trim());
  if (!secret) throw fault(`it takes ${SECRET_TAKES}`);
  return secret;
}
