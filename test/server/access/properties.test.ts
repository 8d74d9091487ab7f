import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ApiKeys, hashOf } from '../../../server/access/api-keys.ts';
import { identifyBy } from '../../../server/access/identify.ts';
import { SigningKeys } from '../../../server/access/signing-keys.ts';
import { TicketOffice } from '../../../server/access/tickets.ts';
import { DEFAULT_TENANT } from '../../../shared/domain/ids.ts';
import { anyText, textLike } from '../../helpers/any-text.ts';
import { ownFolder } from '../../helpers/own-folder.ts';

const KEY = 'dk_the-key';

test('nothing but the key lets anybody in, whatever stands in Authorization', async () => {
  const path = join(await ownFolder(), 'keys.json');
  await writeFile(path, JSON.stringify({ keys: [{ id: 'shop', hash: hashOf(KEY), scopes: ['read'] }] }));
  const identify = identifyBy(await ApiKeys.read(path));
  fc.assert(
    fc.property(fc.oneof(anyText, textLike(`Bearer ${KEY}`)), (field) => {
      const caller = identify(field);
      if (caller === null) return;
      expect(caller.keyId).toBe('shop');
      expect(field).toMatch(new RegExp(`^bearer +${KEY}$`, 'i'));
      expect(field).toContain(KEY);
    }),
    { numRuns: 300 },
  );
});

test('what is not the ticket that was issued is none, or says the same', async () => {
  const office = new TicketOffice(SigningKeys.ofThisProcess());
  const asked = {
    id: randomUUID(),
    keyId: null,
    tenant: DEFAULT_TENANT,
    preset: null,
    expires: null,
    maxBytes: 1_000,
    expiresAt: Date.now() + 3_600_000,
  };
  const token = await office.issue(asked);
  const issued = await office.read(token);
  expect(issued).not.toBeNull();
  const part = fc.oneof(
    anyText,
    fc.json().map((json) => Buffer.from(json).toString('base64url')),
  );
  const made = fc.tuple(part, part, part).map((parts) => parts.join('.'));
  await fc.assert(
    fc.asyncProperty(fc.oneof(made, textLike(token)), async (text) => {
      // The last letter of base64url has bits that say nothing.
      const read = await office.read(text);
      if (read !== null) expect(read).toEqual(issued);
    }),
    { numRuns: 500 },
  );
});
