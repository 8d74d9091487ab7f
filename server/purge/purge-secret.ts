import { readFile } from 'node:fs/promises';
import { ConfigurationError } from '../../shared/config.ts';
import { whyUnreadable } from '../../shared/json-file.ts';

/** As Standard Webhooks has them: at least 24 random bytes. */
const LEAST_BYTES = 24;
const PREFIX = /^whsec_/;
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;

/**
 * The secret of PURGE_SECRET_FILE, in base64, with or without `whsec_` before it.
 * @throws {ConfigurationError} that tells nothing of the secret
 */
export async function readPurgeSecret(path: string): Promise<Uint8Array> {
  const fault = (why: string) => new ConfigurationError([`PURGE_SECRET_FILE: ${path}: ${why}`]);
  const text = await readFile(path, 'utf8').catch((error) => {
    throw fault(whyUnreadable(error));
  });
  const encoded = text.trim().replace(PREFIX, '');
  const secret = Buffer.from(encoded, 'base64');
  if (!BASE64.test(encoded) || secret.length < LEAST_BYTES)
    throw fault(
      `it takes at least ${LEAST_BYTES} random bytes in base64, such as openssl rand -base64 32 makes`,
    );
  return secret;
}
