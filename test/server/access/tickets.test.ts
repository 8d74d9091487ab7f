import { SignJWT } from 'jose';
import { describe, expect, test } from 'vitest';
import { SigningKeys } from '../../../server/access/signing-keys.ts';
import { type Ticket, TicketOffice } from '../../../server/access/tickets.ts';
import { DEFAULT_TENANT, newImageId } from '../../../shared/domain/ids.ts';
import { newSecret, type Secret, signingKeysOf } from '../../helpers/signing-keys.ts';

const OLD = newSecret('old');
const NEW = newSecret('new');

const officeOf = async (...keys: Secret[]) => new TicketOffice(await signingKeysOf(...keys));
const anOffice = () => new TicketOffice(SigningKeys.ofThisProcess());

const inSeconds = (seconds: number) => (Math.floor(Date.now() / 1000) + seconds) * 1000;

const asked = (given: Partial<Ticket> = {}): Ticket => ({
  id: newImageId(),
  keyId: null,
  tenant: DEFAULT_TENANT,
  preset: 'listing',
  expires: null,
  maxBytes: 1_000,
  expiresAt: inSeconds(60),
  ...given,
});

describe('a ticket', () => {
  test('says what was asked for', async () => {
    const office = anOffice();
    const wanted = asked();
    expect(await office.read(await office.issue(wanted))).toEqual(wanted);
  });

  test('is nothing when its time is over', async () => {
    const office = anOffice();
    expect(await office.read(await office.issue(asked({ expiresAt: inSeconds(0) })))).toBeNull();
  });

  test('is nothing to another process, or when a letter of it is changed', async () => {
    const office = anOffice();
    const token = await office.issue(asked());
    expect(await anOffice().read(token)).toBeNull();
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
    const wanted = asked();
    const token = await (await officeOf(OLD)).issue(wanted);
    expect(await (await officeOf(NEW, OLD)).read(token)).toEqual(wanted);
    expect(await (await officeOf(NEW)).read(token)).toBeNull();
    const signed = await (await officeOf(NEW, OLD)).issue(asked());
    expect(await (await officeOf(NEW)).read(signed)).not.toBeNull();
  });
});
