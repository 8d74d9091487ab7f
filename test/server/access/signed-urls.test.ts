import { createHmac, randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { SignedUrls } from '../../../server/access/signed-urls.ts';
import { SigningKeys } from '../../../server/access/signing-keys.ts';
import { TicketOffice } from '../../../server/access/tickets.ts';
import { DEFAULT_TENANT } from '../../../shared/domain/ids.ts';
import { newSecret, type Secret, signingKeysOf } from '../../helpers/signing-keys.ts';

const TTL_S = 3_600;
const NOW = 1_800_000_000_000;
const PATH = '/images/5f0c7a52-1111-4222-8333-444455556666/large.1f2e3d4c5b6a7988.webp';
const OLD = newSecret('old');
const NEW = newSecret('new');

const urlsOf = async (...keys: Secret[]) => new SignedUrls(await signingKeysOf(...keys), TTL_S);

function asked(url: string): [path: string, query: Record<string, string>] {
  const { pathname, searchParams } = new URL(url, 'http://darkroom');
  return [pathname, Object.fromEntries(searchParams)];
}

const signed = (secret: string, lines: string[]) =>
  createHmac('sha256', Buffer.from(secret, 'base64url')).update(lines.join('\n')).digest('base64url');

describe('a signed address', () => {
  test('is good for its path, and says until when', async () => {
    const urls = await urlsOf(NEW);
    const url = urls.sign(PATH, NOW);
    const [path, query] = asked(url);
    expect(path).toBe(PATH);
    expect(Object.keys(query)).toEqual(['expires', 'key', 'signature']);
    const expires = Number(query.expires);
    expect(urls.read(path, query, NOW)).toMatchObject({
      leftMs: expires * 1000 - NOW,
      signer: 'new',
      tenant: null,
    });
    expect(urls.read(path, query, expires * 1000 - 1)).not.toBeNull();
    expect(urls.read(path, query, expires * 1000)).toBeNull();
  });

  test('is what RFC 2104 makes of three lines', async () => {
    const [, { expires = '', signature }] = asked((await urlsOf(NEW)).sign(PATH, NOW));
    expect(signature).toBe(signed(NEW.secret, ['darkroom:read', expires, PATH]));
  });

  test('stays the same for as long as it lives at the least, and lives twice that at the most', async () => {
    const urls = await urlsOf(NEW);
    const seconds = Array.from({ length: 2 * TTL_S }, (_, second) => second);
    const addresses = new Map<string, number[]>();
    for (const second of seconds) {
      const url = urls.sign(PATH, NOW + second * 1000);
      addresses.set(url, [...(addresses.get(url) ?? []), second]);
    }
    expect(addresses.size).toBe(3);
    for (const [url, given] of addresses) {
      const expires = Number(asked(url)[1].expires) - NOW / 1000;
      for (const second of given) {
        expect(expires - second).toBeGreaterThan(TTL_S);
        expect(expires - second).toBeLessThanOrEqual(2 * TTL_S);
      }
    }
  });

  test('does not change in the same second as all others', async () => {
    const urls = await urlsOf(NEW);
    const phases = Array.from({ length: 20 }, (_, n) => {
      const [, { expires }] = asked(urls.sign(`${PATH}${n}`, NOW));
      return Number(expires) % TTL_S;
    });
    expect(new Set(phases).size).toBeGreaterThan(10);
  });

  test('leads to another variant until the same second, and no longer', async () => {
    const urls = await urlsOf(NEW);
    const [path, query] = asked(urls.sign(PATH, NOW));
    const other = urls.read(path, query, NOW)?.addressOf('/images/x/thumb.jpg') ?? '';
    expect(urls.read(...asked(other), NOW)?.leftMs).toBe(Number(query.expires) * 1000 - NOW);
  });

  test('is good while its key is listed, whichever signs', async () => {
    const url = asked((await urlsOf(OLD)).sign(PATH, NOW));
    expect((await urlsOf(NEW, OLD)).read(...url, NOW)?.signer).toBe('old');
    expect((await urlsOf(NEW)).read(...url, NOW)).toBeNull();
    const [, { key }] = asked((await urlsOf(NEW, OLD)).sign(PATH, NOW));
    expect(key).toBe('new');
  });
});

describe('an address is not good', () => {
  const EXPIRES = String(NOW / 1000 + 60);
  const good = {
    expires: EXPIRES,
    key: 'new',
    signature: signed(NEW.secret, ['darkroom:read', EXPIRES, PATH]),
  };
  const withSignature = (lines: string[], secret = NEW.secret) => ({
    ...good,
    signature: signed(secret, lines),
  });

  test.each<[string, Record<string, string>]>([
    ['without a query', {}],
    ['without a signature', { expires: EXPIRES, key: 'new' }],
    ['with an empty one', { ...good, signature: '' }],
    [
      'without its end',
      { expires: '', key: 'new', signature: signed(NEW.secret, ['darkroom:read', '', PATH]) },
    ],
    ['with a later end', { ...good, expires: String(Number(EXPIRES) + 1) }],
    ['with another key', { ...good, key: 'old' }],
    ['with a key that is not known', { ...good, key: 'guessed' }],
    ['with a key of every object', { ...good, key: '__proto__' }],
    ['with its signature in another writing', { ...good, signature: `${good.signature}=` }],
    ['with a letter of it changed', { ...good, signature: `${good.signature.slice(0, -2)}AA` }],
    [
      'with an end that is no number',
      { ...withSignature(['darkroom:read', 'never', PATH]), expires: 'never' },
    ],
    [
      'with an end that is written otherwise',
      { ...withSignature(['darkroom:read', `0${EXPIRES}`, PATH]), expires: `0${EXPIRES}` },
    ],
    ['when another secret has signed it', withSignature(['darkroom:read', EXPIRES, PATH], OLD.secret)],
    ['when it was signed for something else', withSignature(['darkroom:upload', EXPIRES, PATH])],
    ['when its path alone was signed', withSignature([PATH])],
  ])('%s', async (_, query) => {
    const urls = await urlsOf(NEW, OLD);
    expect(urls.read(PATH, good, NOW)).not.toBeNull();
    expect(urls.read(PATH, query, NOW)).toBeNull();
  });

  test('of another variant', async () => {
    expect((await urlsOf(NEW)).read(PATH.replace('large', 'small'), good, NOW)).toBeNull();
  });

  test('by what signs a ticket, nor is a ticket by what signs an address', async () => {
    const keys = SigningKeys.ofThisProcess();
    const tickets = new TicketOffice(keys);
    const urls = new SignedUrls(keys, TTL_S);
    const asking = {
      id: randomUUID(),
      keyId: null,
      tenant: DEFAULT_TENANT,
      preset: null,
      expires: null,
      maxBytes: 1,
      expiresAt: Date.now() + 60_000,
    };
    const token = await tickets.issue(asking);
    const [header = '', payload = '', signature = ''] = token.split('.');
    expect(
      urls.read(`${header}.${payload}`, { expires: EXPIRES, key: 'process', signature }, NOW),
    ).toBeNull();

    const [, query] = asked(urls.sign(`${header}.${payload}`, NOW));
    expect(await tickets.read(`${header}.${payload}.${query.signature}`)).toBeNull();
  });
});
