import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { Tenant } from '../../shared/domain/ids.ts';
import { imagePath } from '../../testdata/expected.ts';
import { writeApiKeys } from '../helpers/api-keys.ts';
import { ImageAnswer } from '../helpers/image-answer.ts';
import { expectProblem } from '../helpers/problem-answer.ts';
import { dataFolder, type RunningService, startService } from '../helpers/service.ts';
import { Accepted, newPicture, postImage } from '../helpers/upload.ts';

const SMALL = imagePath('tiny_1x1.png');
const SHOP = Tenant.parse('shop');
const RIVAL = Tenant.parse('rival');

const Usage = z.strictObject({
  tenant: z.string(),
  images: z.int(),
  bytes: z.int(),
  originalBytes: z.int(),
  variantBytes: z.int(),
  quota: z.strictObject({ bytes: z.int().nullable(), images: z.int().nullable() }),
});

let service: RunningService;
let folder: string;
let as: Record<'shop' | 'rival' | 'operator', { authorization: string }>;

beforeAll(async () => {
  folder = await dataFolder();
  const path = join(folder, 'keys.json');
  as = await writeApiKeys(path, {
    shop: { tenant: SHOP, scopes: ['upload', 'read'] },
    rival: { tenant: RIVAL, scopes: ['upload', 'read'] },
    operator: { tenant: Tenant.parse('operator'), scopes: ['read', 'admin'] },
  });
  const written = JSON.parse(await readFile(path, 'utf8'));
  await writeFile(
    path,
    JSON.stringify({ ...written, tenants: { rival: { quotaImages: null, quotaBytes: 1_000_000 } } }),
  );
  service = await startService({
    folder,
    env: { API_KEYS_FILE: path, QUOTA_IMAGES: '3', QUEUE_DEPTH: '20', N_WORKERS: '1' },
  });
});
afterAll(async () => {
  await service[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

const usageOf = async (headers: Record<string, string>, path = '/usage') => {
  const answer = await service.fetch(path, { headers });
  expect(answer.status).toBe(200);
  return Usage.parse(await answer.json());
};

/** Answered when its variants are there. */
const send = async (headers: Record<string, string>) =>
  postImage(service, await newPicture(SMALL), {}, { ...headers, prefer: 'wait=20' });

test('a tenant is told what it has; uploads beyond its quota are refused, also of many at once, until it deletes some', async () => {
  const quota = { bytes: null, images: 3 };
  const nothing = { images: 0, bytes: 0, originalBytes: 0, variantBytes: 0 };
  expect(await usageOf(as.shop)).toEqual({ tenant: 'shop', ...nothing, quota });

  const answers = await Promise.all(Array.from({ length: 8 }, () => send(as.shop)));
  const accepted: Accepted[] = [];
  for (const answer of answers) {
    if (answer.status === 200) accepted.push(Accepted.parse(await answer.json()));
    else {
      const body = await expectProblem(answer, 'quota_exceeded');
      expect(body).toMatchObject({ quota: 'images', limit: 3, used: 3 });
    }
  }
  expect(accepted).toHaveLength(3);
  let variantBytes = 0;
  let originalBytes = 0;
  for (const one of accepted) {
    expect(one.status).toBe('succeeded');
    const found = await service.fetch(one.links.self, { headers: as.shop });
    const { variants, source } = ImageAnswer.parse(await found.json());
    variantBytes += variants.reduce((sum, { bytes }) => sum + bytes, 0);
    originalBytes += source.bytes;
  }
  const all = { images: 3, bytes: originalBytes + variantBytes, originalBytes, variantBytes };
  expect(await usageOf(as.shop)).toEqual({ tenant: 'shop', ...all, quota });
  expect(await usageOf(as.operator, '/tenants/shop/usage')).toEqual({ tenant: 'shop', ...all, quota });

  await service.fetch(accepted[0]?.links.self ?? '', { method: 'DELETE', headers: as.shop });
  expect((await send(as.shop)).status).toBe(200);
  await expectProblem(await send(as.shop), 'quota_exceeded');
});

test('a tenant may have a quota of its own, and what does not fit is refused by what it declares', async () => {
  expect(Accepted.parse(await (await send(as.rival)).json()).status).toBe('succeeded');
  const { bytes, quota } = await usageOf(as.rival);
  expect(quota).toEqual({ bytes: 1_000_000, images: null });
  const large = new Uint8Array(1_000_001 - bytes);
  const refused = await service.fetch('/upload', {
    method: 'POST',
    body: large,
    headers: { ...as.rival, 'content-type': 'image/png' },
  });
  const body = await expectProblem(refused, 'quota_exceeded');
  expect(body).toMatchObject({ quota: 'bytes', limit: 1_000_000, used: bytes });
});

test('what others have is for the operator alone', async () => {
  await expectProblem(await service.fetch('/tenants/rival/usage', { headers: as.shop }), 'not_allowed');
  await expectProblem(await service.fetch('/usage'), 'no_key');
  await expectProblem(
    await service.fetch('/tenants/No%20Tenant/usage', { headers: as.operator }),
    'not_found',
  );
  const metrics = await (await service.fetch('/metrics', { headers: as.operator })).text();
  expect(metrics).toMatch(/^darkroom_kept_images 4$/m);
  expect(metrics).toMatch(/^darkroom_kept_bytes\{kind="originals"\} [1-9]\d*$/m);
  expect(metrics).toMatch(/^darkroom_uploads_total\{outcome="quota_exceeded"\} [1-9]\d*$/m);
  expect(metrics).not.toContain('shop');
});
