import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Endpoints } from '../../../server/webhooks/endpoints.ts';
import { WEBHOOK_EVENTS } from '../../../shared/domain/webhook.ts';
import { ownFolder } from '../../helpers/own-folder.ts';

const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
const SHOP = { id: 'shop', url: 'https://shop.example/hooks?to=us', secrets: [SECRET] };

async function file(content: unknown): Promise<string> {
  const path = join(await ownFolder(), 'webhooks.json');
  await writeFile(path, JSON.stringify(content));
  return path;
}

test('an endpoint is told of all, by https, unless the file says otherwise', async () => {
  const inner = {
    id: 'inner',
    url: 'http://10.0.0.7:8080/',
    secrets: [SECRET, SECRET],
    tenant: 'shop',
    events: ['image.ready'],
    allowPrivate: true,
  };
  const { all } = await Endpoints.read(await file({ endpoints: [SHOP, inner] }));
  expect(all).toEqual([
    {
      id: 'shop',
      url: new URL(SHOP.url),
      tenant: null,
      events: WEBHOOK_EVENTS,
      secrets: [Buffer.alloc(32, 7)],
      allowPrivate: false,
    },
    { ...inner, url: new URL(inner.url), secrets: [Buffer.alloc(32, 7), Buffer.alloc(32, 7)] },
  ]);
});

test.for<[object, string]>([
  [{ url: 'http://shop.example' }, 'endpoints[0].url: takes an https:// address, or "allowPrivate": true'],
  [{ url: 'https://me:hush@shop.example' }, 'endpoints[0].url: takes an https:// address without a user'],
  [{ url: 'ftp://shop.example' }, 'endpoints[0].url: takes an https:// address without a user'],
  [{ id: 'Shop' }, 'endpoints[0].id: a name of at most 32 small letters'],
  [{ events: ['image.eaten'] }, 'endpoints[0].events[0]: '],
  [{ events: [] }, 'endpoints[0].events: '],
  [{ secrets: [] }, 'endpoints[0].secrets: '],
  [{ secrets: ['whsec_aHVzaA=='] }, 'endpoints[0].secrets[0]: takes whsec_ and 24 to 64 random bytes'],
  [{ secrets: [SECRET.slice(6)] }, 'endpoints[0].secrets[0]: takes whsec_ and 24 to 64 random bytes'],
  [{ colour: 'red' }, 'endpoints[0]: '],
])('%j is refused, and no secret told', async ([change, fault]) => {
  const path = await file({ endpoints: [{ ...SHOP, ...change }] });
  const refused = await Endpoints.read(path).catch((error: Error) => error.message);
  expect(refused).toContain(`WEBHOOKS_FILE: ${fault}`);
  expect(refused).not.toMatch(/hush|aHVzaA|BwcHBw/);
});

test('two endpoints have two ids', async () => {
  await expect(Endpoints.read(await file({ endpoints: [SHOP, SHOP] }))).rejects.toThrow(
    'WEBHOOKS_FILE: shop: another endpoint has the same id',
  );
});

test('a file that is changed counts when it is read again, and not where it has a fault', async () => {
  const path = await file({ endpoints: [SHOP] });
  const endpoints = await Endpoints.read(path);
  await writeFile(path, JSON.stringify({ endpoints: [{ ...SHOP, id: 'other' }] }));
  expect(endpoints.all.map(({ id }) => id)).toEqual(['shop']);
  await endpoints.readAgain();
  expect(endpoints.all.map(({ id }) => id)).toEqual(['other']);
  await writeFile(path, '{');
  await expect(endpoints.readAgain()).rejects.toThrow('WEBHOOKS_FILE');
  expect(endpoints.all.map(({ id }) => id)).toEqual(['other']);
});
