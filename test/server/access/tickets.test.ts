import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SignJWT } from 'jose';
import { describe, expect, test } from 'vitest';
import { type Ticket, TicketOffice } from '../../../server/access/tickets.ts';
import { DEFAULT_TENANT } from '../../../shared/domain/ids.ts';
import { ownFolder } from '../../helpers/own-folder.ts';

const secretOf = () => randomBytes(32).toString('base64url');
const OLD = { id: 'old', secret: secretOf() };
const NEW = { id: 'new', secret: secretOf() };

async function officeOf(...keys: { id: string; secret: string }[]): Promise<TicketOffice> {
  const path = join(await ownFolder(), 'signing.json');
  await writeFile(path, JSON.stringify({ keys }));
  return TicketOffice.read(path);
}

const inSeconds = (seconds: number) => (Math.floor(Date.now() / 1000) + seconds) * 1000;

const asked = (given: Partial<Ticket> = {}): Omit<Ticket, 'id'> => ({
  keyId: null,
  tenant: DEFAULT_TENANT,
  preset: 'listing',
  maxBytes: 1_000,
  expiresAt: inSeconds(60),
  ...given,
});

describe('a ticket', () => {
  test('says what was asked for, and has an id of its own', async () => {
    const office = TicketOffice.ofThisProcess();
    const wanted = asked();
    const [one, other] = [
      await office.read(await office.issue(wanted)),
      await office.read(await office.issue(wanted)),
    ];
    expect(one).toMatchObject(wanted);
    expect(one?.id).not.toBe(other?.id);
  });

  test('is nothing when its time is over', async () => {
    const office = TicketOffice.ofThisProcess();
    expect(await office.read(await office.issue(asked({ expiresAt: inSeconds(0) })))).toBeNull();
  });

  test('is nothing to another process, or when a letter of it is changed', async () => {
    const office = TicketOffice.ofThisProcess();
    const token = await office.issue(asked());
    expect(await TicketOffice.ofThisProcess().read(token)).toBeNull();
    const [header = '', payload = '', signature = ''] = token.split('.');
    const more = Buffer.from(
      JSON.stringify({ ...JSON.parse(Buffer.from(payload, 'base64url').toString()), max: 9_999 }),
    );
    const forged = [
      '',
      'ticket',
      `${header}.${payload}.`,
      `${header}.${more.toString('base64url')}.${signature}`,
      `${Buffer.from('{"alg":"none","kid":"process"}').toString('base64url')}.${payload}.`,
      `${header}.${payload}.${signature.slice(0, -2)}AA`,
    ];
    for (const text of forged) expect(await office.read(text), text).toBeNull();
  });

  test('is nothing when the same secret has signed it for something else', async () => {
    const office = await officeOf(NEW);
    const claims = { key: null, preset: null, max: 1 };
    const sign = (audience: string) =>
      new SignJWT(claims)
        .setProtectedHeader({ alg: 'HS256', kid: NEW.id })
        .setAudience(audience)
        .setSubject('default')
        .setJti('0d9e4b1c-58a6-4f2a-9a3e-0b8a4a7d1c11')
        .setExpirationTime('1m')
        .sign(Buffer.from(NEW.secret, 'base64url'));
    expect(await office.read(await sign('darkroom:upload'))).not.toBeNull();
    expect(await office.read(await sign('darkroom:read'))).toBeNull();
  });

  test('is read while its key is listed, whichever signs', async () => {
    const token = await (await officeOf(OLD)).issue(asked());
    expect(await (await officeOf(NEW, OLD)).read(token)).toMatchObject(asked());
    expect(await (await officeOf(NEW)).read(token)).toBeNull();
    const signed = await (await officeOf(NEW, OLD)).issue(asked());
    expect(await (await officeOf(NEW)).read(signed)).not.toBeNull();
  });
});

test.each([
  (secret: string) => `{"keys": [{"id": "new", "secret": ${secret}}]}`,
  (secret: string) => `secret: ${secret}`,
  (secret: string) => secret,
])('a file that is no JSON is refused, and nothing of what is in it is told', async (written) => {
  const path = join(await ownFolder(), 'signing.json');
  const secret = `not-${secretOf()}`;
  await writeFile(path, written(secret));
  const refused = await TicketOffice.read(path).catch((error) => error);
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
  const refused = await officeOf(...keys).catch((error) => error);
  expect(refused).toMatchObject({
    name: 'ConfigurationError',
    message: expect.stringContaining('SIGNING_KEYS_FILE'),
  });
  for (const { secret } of keys) expect(refused.message).not.toContain(secret);
});
