import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { SigningKeys } from '../../../server/access/signing-keys.ts';
import { ownFolder } from '../../helpers/own-folder.ts';
import { newSecret, signingKeysOf } from '../../helpers/signing-keys.ts';

const OLD = newSecret('old');
const NEW = newSecret('new');

test('the first of a file signs, and the others are known', async () => {
  const keys = await signingKeysOf(NEW, OLD);
  expect(keys.signer.id).toBe('new');
  expect(keys.secretOf('old')).toEqual(Buffer.from(OLD.secret, 'base64url'));
  for (const id of ['', 'other', '__proto__', undefined]) expect(keys.secretOf(id)).toBeNull();
});

test.each([
  (secret: string) => `{"keys": [{"id": "new", "secret": ${secret}}]}`,
  (secret: string) => `secret: ${secret}`,
  (secret: string) => secret,
])('a file that is no JSON is refused, and nothing of what is in it is told', async (written) => {
  const path = join(await ownFolder(), 'signing.json');
  const secret = `not-${randomBytes(32).toString('base64url')}`;
  await writeFile(path, written(secret));
  const refused = await SigningKeys.read(path).catch((error) => error);
  expect(refused).toMatchObject({
    name: 'ConfigurationError',
    message: expect.stringContaining('it is no JSON'),
  });
  expect(refused.message).not.toContain('not-');
});

test.each([
  ['a short secret', [{ id: 'short', secret: randomBytes(31).toString('base64url') }]],
  ['no key', []],
  ['two keys of one id', [OLD, { ...NEW, id: 'old' }]],
])('a file of secrets is refused with %s, and no secret is told', async (_, keys) => {
  const refused = await signingKeysOf(...keys).catch((error) => error);
  expect(refused).toMatchObject({
    name: 'ConfigurationError',
    message: expect.stringContaining('SIGNING_KEYS_FILE'),
  });
  for (const { secret } of keys) expect(refused.message).not.toContain(secret);
});
