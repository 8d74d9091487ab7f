/** As Standard Webhooks has them: so many random bytes. */
const LEAST_BYTES = 24;
const MOST_BYTES = 64;

const PREFIX = /^whsec_/;
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;

export const SECRET_TAKES = `${LEAST_BYTES} to ${MOST_BYTES} random bytes in base64, such as openssl rand -base64 32 makes`;

/** A secret in base64, with or without `whsec_` before it. @returns null where it is none */
export function secretOf(text: string): Uint8Array | null {
  const encoded = text.replace(PREFIX, '');
  const bytes = Buffer.from(encoded, 'base64');
  return BASE64.test(encoded) && bytes.length >= LEAST_BYTES && bytes.length <= MOST_BYTES ? bytes : null;
}
