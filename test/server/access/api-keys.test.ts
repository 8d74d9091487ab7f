import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ApiKeys, hashOf, type WrittenKey } from '../../../server/access/api-keys.ts';
import { identifyBy, notIdentified } from '../../../server/access/identify.ts';
import { quotasOf } from '../../../server/access/quotas.ts';
import { Tenant } from '../../../shared/domain/ids.ts';
import { ownFolder } from '../../helpers/own-folder.ts';

const SHOP = 'dk_the-key-of-the-shop';

const entry = (given: Partial<WrittenKey> = {}): WrittenKey => ({
  id: 'shop',
  hash: hashOf(SHOP),
  tenant: 'shop',
  scopes: ['upload'],
  ...given,
});

async function keysIn(content: unknown): Promise<ApiKeys> {
  const path = join(await ownFolder(), 'keys.json');
  await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content));
  return ApiKeys.read(path);
}

describe('a file of keys', () => {
  test('tells who has a key', async () => {
    const keys = await keysIn({
      keys: [entry(), entry({ id: 'other', hash: hashOf('other'), scopes: ['read'] })],
    });
    expect(keys.callerOf(SHOP)).toEqual({ keyId: 'shop', tenant: 'shop', scopes: new Set(['upload']) });
    expect(keys.callerOf('other')?.keyId).toBe('other');
  });

  test('knows no key by anything but the key', async () => {
    const keys = await keysIn({ keys: [entry()] });
    for (const text of ['', 'shop', `${SHOP} `, SHOP.slice(1), hashOf(SHOP), `${SHOP}=`]) {
      expect(keys.callerOf(text), text).toBeNull();
    }
  });

  test('has the tenant `default` where none is named', async () => {
    const { tenant: _, ...rest } = entry();
    expect((await keysIn({ keys: [rest] })).callerOf(SHOP)?.tenant).toBe('default');
  });

  test('may say what tenants have other quotas, and null is none', async () => {
    const tenants = { shop: { quotaBytes: 5 }, other: { quotaBytes: null, quotaImages: 7 } };
    const { quotas } = await keysIn({ keys: [entry()], tenants });
    const quotaOf = quotasOf({ bytes: 10, images: null }, quotas);
    expect(quotaOf(Tenant.parse('shop'))).toEqual({ bytes: 5, images: null });
    expect(quotaOf(Tenant.parse('other'))).toEqual({ bytes: null, images: 7 });
    expect(quotaOf(Tenant.parse('third'))).toEqual({ bytes: 10, images: null });
    expect(quotasOf({ bytes: null, images: null }, quotas)(Tenant.parse('third'))).toBeNull();
  });

  const FAULTS: [string, unknown, string][] = [
    [
      'a quota that is none',
      { keys: [entry()], tenants: { shop: { quotaBytes: 0 } } },
      'tenants.shop.quotaBytes',
    ],
    ['a quota of no tenant', { keys: [entry()], tenants: { 'No Name': {} } }, 'tenants'],
    ['no JSON', '{"keys": [', 'API_KEYS_FILE: '],
    ['no keys at all', { keys: [] }, 'API_KEYS_FILE: keys'],
    [
      'a key in the place of its hash',
      { keys: [entry({ hash: SHOP })] },
      'API_KEYS_FILE: keys[0].hash: sha256:',
    ],
    ['a scope that there is not', { keys: [{ ...entry(), scopes: ['all'] }] }, 'keys[0].scopes[0]'],
    ['no scope', { keys: [entry({ scopes: [] })] }, 'keys[0].scopes'],
    ['a member that there is not', { keys: [{ ...entry(), scope: 'read' }] }, 'keys[0]: '],
    [
      'an id that is no name',
      { keys: [entry({ id: 'Shop 1' as never })] },
      'keys[0].id: a name of at most 32',
    ],
    ['two keys of one id', { keys: [entry(), entry({ hash: hashOf('2') })] }, 'another key has the same id'],
    ['one key twice', { keys: [entry(), entry({ id: 'again' as never })] }, 'another key has the same hash'],
  ];

  test.each(FAULTS)('is refused with %s, and the key is not told', async (_, content, fault) => {
    const refused = await keysIn(content).catch((error) => error);
    expect(refused).toMatchObject({ name: 'ConfigurationError', message: expect.stringContaining(fault) });
    expect(refused.message).not.toContain(SHOP);
  });

  test('is refused where it is missing', async () => {
    const path = join(await ownFolder(), 'keys.json');
    await expect(ApiKeys.read(path)).rejects.toThrow(`API_KEYS_FILE: ${path}: there is no such file`);
  });
});

describe('the field Authorization', () => {
  test.each([`Bearer ${SHOP}`, `bearer ${SHOP}`, `BEARER  ${SHOP}`])('brings a key as %j', async (field) => {
    expect(identifyBy(await keysIn({ keys: [entry()] }))(field)?.keyId).toBe('shop');
  });

  test.each([
    [undefined, 'Bearer'],
    ['', 'Bearer error="invalid_token"'],
    [SHOP, 'Bearer error="invalid_token"'],
    [`Basic ${SHOP}`, 'Bearer error="invalid_token"'],
    [`Bearer ${SHOP}, Bearer ${SHOP}`, 'Bearer error="invalid_token"'],
    [`Bearer ${SHOP}1`, 'Bearer error="invalid_token"'],
  ])('brings none as %j', async (field, challenge) => {
    const identify = identifyBy(await keysIn({ keys: [entry()] }));
    expect(identify(field)).toBeNull();
    expect(notIdentified(field)).toMatchObject({
      code: 'no_key',
      extras: { headers: { 'www-authenticate': challenge } },
    });
  });
});
