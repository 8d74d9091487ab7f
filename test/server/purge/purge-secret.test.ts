import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readPurgeSecret } from '../../../server/purge/purge-secret.ts';
import { ownFolder } from '../../helpers/own-folder.ts';

const BYTES = Buffer.from('nobody has to guess this one here');

test.each(['', 'whsec_'])('a secret is read with %j before it', async (prefix) => {
  const path = join(await ownFolder(), 'secret');
  await writeFile(path, `${prefix}${BYTES.toString('base64')}\n`);
  expect(Buffer.from(await readPurgeSecret(path))).toEqual(BYTES);
});

test.each(['', 'whsec_', 'c2hvcnQ=', 'this is no base64, but long enough to be one', 'whsec_whsec_AAAA'])(
  '%j is refused, and not told',
  async (text) => {
    const path = join(await ownFolder(), 'secret');
    await writeFile(path, text);
    const refused = readPurgeSecret(path).catch((error: Error) => error.message);
    expect(await refused).toBe(
      `configuration: PURGE_SECRET_FILE: ${path}: it takes 24 to 64 random bytes in base64, such as openssl rand -base64 32 makes`,
    );
  },
);

test('a file that is not there is told', async () => {
  const path = join(await ownFolder(), 'secret');
  await expect(readPurgeSecret(path)).rejects.toThrow(`PURGE_SECRET_FILE: ${path}: there is no such file`);
});
