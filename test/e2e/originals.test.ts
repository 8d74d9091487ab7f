import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Tenant } from '../../shared/domain/ids.ts';
import { imagePath } from '../../testdata/expected.ts';
import { writeApiKeys } from '../helpers/api-keys.ts';
import { eventually } from '../helpers/eventually.ts';
import { sha256Of } from '../helpers/job-records.ts';
import { expectProblem } from '../helpers/problem-answer.ts';
import { dataFolder, type RunningService, startService } from '../helpers/service.ts';
import { type Accepted, newPicture, upload } from '../helpers/upload.ts';

const KEYS = {
  shop: { tenant: Tenant.parse('shop'), scopes: ['upload', 'read', 'originals', 'admin'] },
  site: { tenant: Tenant.parse('shop'), scopes: ['upload', 'read', 'admin'] },
  rival: { tenant: Tenant.parse('rival'), scopes: ['originals'] },
} as const;

let service: RunningService;
let folder: string;
let as: Record<keyof typeof KEYS, { authorization: string }>;
let picture: Buffer<ArrayBuffer>;
let accepted: Accepted;

/** There is one worker, which may be at the one before. */
const accept = (bytes: Buffer<ArrayBuffer>) => upload(service, bytes, as.shop);
const get = (id: string, headers: Record<string, string>, method = 'GET') =>
  service.fetch(`/images/${id}/original`, { method, headers });

beforeAll(async () => {
  folder = await dataFolder();
  const path = join(folder, 'keys.json');
  as = await writeApiKeys(path, {
    shop: { ...KEYS.shop, scopes: [...KEYS.shop.scopes] },
    site: { ...KEYS.site, scopes: [...KEYS.site.scopes] },
    rival: { ...KEYS.rival, scopes: [...KEYS.rival.scopes] },
  });
  service = await startService({
    folder,
    env: { API_KEYS_FILE: path, KEEP_ORIGINALS: 'never', N_WORKERS: '1' },
  });
  picture = await newPicture(imagePath('truncated.png'));
  // It cannot be made, so that its original is kept for a while.
  accepted = await accept(picture);
});
afterAll(async () => {
  await service[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

test('who has its scope gets the very bytes, as a file that no browser shows and no cache keeps', async () => {
  const answer = await get(accepted.id, as.shop);
  expect(answer.status).toBe(200);
  expect(Buffer.from(await answer.arrayBuffer()).equals(picture)).toBe(true);
  expect(Object.fromEntries(answer.headers)).toMatchObject({
    'content-type': 'image/png',
    'content-length': String(picture.length),
    'content-disposition': `attachment; filename="${accepted.id}.png"`,
    'cache-control': 'private, no-store',
    'content-security-policy': expect.stringMatching(/sandbox$/),
    'cross-origin-resource-policy': 'same-origin',
    'x-content-type-options': 'nosniff',
    etag: `"${sha256Of(picture)}"`,
    'accept-ranges': 'bytes',
  });
});

test('a download that broke off goes on, and what the client has is not sent again', async () => {
  const part = await get(accepted.id, {
    ...as.shop,
    range: 'bytes=100-199',
    'if-range': `"${sha256Of(picture)}"`,
  });
  expect([part.status, part.headers.get('content-range')]).toEqual([206, `bytes 100-199/${picture.length}`]);
  expect(Buffer.from(await part.arrayBuffer()).equals(picture.subarray(100, 200))).toBe(true);
  expect((await get(accepted.id, { ...as.shop, 'if-none-match': `"${sha256Of(picture)}"` })).status).toBe(
    304,
  );
  const head = await get(accepted.id, as.shop, 'HEAD');
  expect([head.status, head.headers.get('content-length')]).toEqual([200, String(picture.length)]);
  await expectProblem(
    await get(accepted.id, { ...as.shop, range: `bytes=${picture.length}-` }),
    'range_not_satisfiable',
  );
});

test('nobody else gets it: not without a key, nor by other scopes, nor as another tenant', async () => {
  await expectProblem(await get(accepted.id, {}), 'no_key');
  await expectProblem(await get(accepted.id, as.site), 'not_allowed');
  await expectProblem(await get(accepted.id, as.rival), 'not_found');
  await expectProblem(await get(randomUUID(), as.shop), 'not_found');
  await expectProblem(await get('no-id', as.shop), 'not_found');
});

test('one that has not been kept, or was deleted, was there: 410', async () => {
  const done = await accept(await newPicture(imagePath('testimage_small.jpg')));
  const answer = await eventually('its removal', async () => {
    const found = await get(done.id, as.shop);
    if (found.status === 410) return found;
    await found.body?.cancel();
    return null;
  });
  await expectProblem(answer, 'original_not_kept');
  await service.fetch(done.links.self, { method: 'DELETE', headers: as.shop });
  await expectProblem(await get(done.id, as.shop), 'deleted');
});
