import { createHash } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { writeApiKeys } from '../helpers/api-keys.ts';
import { eventually } from '../helpers/eventually.ts';
import { paddedPicture } from '../helpers/padded-picture.ts';
import { expectProblem } from '../helpers/problem-answer.ts';
import { dataFolder, type RunningService, startService } from '../helpers/service.ts';
import { endStoresOf, storesOf } from '../helpers/stores.ts';
import { said, TusRequests } from '../helpers/tus-requests.ts';

const BYTES = 300_000;
const SCOPES = ['upload', 'read'] as const;

let service: RunningService;
let shop: TusRequests;
let forum: TusRequests;
let shopKey: Record<string, string>;
beforeAll(async () => {
  const folder = await dataFolder();
  const path = join(folder, 'keys.json');
  const keys = await writeApiKeys(path, {
    shop: { tenant: 'shop' as never, scopes: [...SCOPES] },
    forum: { tenant: 'forum' as never, scopes: [...SCOPES] },
  });
  const env = { API_KEYS_FILE: path, N_WORKERS: '1', MAX_RESUMABLE_UPLOADS: '6', RESUMABLE_TTL_S: '604800' };
  service = await startService({ folder, env });
  shopKey = keys.shop;
  shop = new TusRequests(service, keys.shop);
  forum = new TusRequests(service, keys.forum);
});
afterAll(async () => {
  const { folder } = service;
  await service[Symbol.asyncDispose]();
  await endStoresOf(folder);
  await rm(folder, { recursive: true, force: true });
});

const newPicture = async (bytes = BYTES) => new Uint8Array(await paddedPicture(bytes));
const partsOf = async () => (await storesOf(service)).parts();

describe('opening is refused', () => {
  test.each([
    { name: 'without a length', fields: { 'upload-length': '' }, code: 'bad_parameter' },
    { name: 'with more bytes than may be', fields: { 'upload-length': '20971521' }, code: 'too_many_bytes' },
    { name: 'with none', fields: { 'upload-length': '0' }, code: 'no_image' },
    { name: 'by another tus', fields: { 'tus-resumable': '0.2.2' }, code: 'bad_parameter' },
    { name: 'with what is no base64', fields: { 'upload-metadata': 'preset ?' }, code: 'bad_parameter' },
    { name: 'for an unknown preset', fields: said({ preset: 'none' }), code: 'unknown_preset' },
    { name: 'for a focus beside the picture', fields: said({ focus: '2,2' }), code: 'bad_parameter' },
    {
      name: 'with a checksum of its own making',
      fields: { 'upload-checksum': 'md5 AA==' },
      code: 'bad_parameter',
    },
  ] as const)('$name', async ({ fields, code }) => {
    await expectProblem(await shop.open(BYTES, fields), code);
  });

  test('without tus', async () => {
    const answer = await service.fetch('/files', {
      method: 'POST',
      headers: { ...shopKey, 'upload-length': '1' },
    });
    expect(answer.headers.get('tus-version')).toBe('1.0.0');
    await expectProblem(answer, 'tus_version');
  });

  test('when as many are open as may be, and each tenant leaves as many places as it takes', async () => {
    const urls = [await shop.opened(BYTES), await shop.opened(BYTES), await shop.opened(BYTES)];
    await expectProblem(await shop.open(BYTES), 'too_many_uploads');
    urls.push(await forum.opened(BYTES));
    await expectProblem(await shop.open(BYTES), 'too_many_uploads');
    for (const url of urls.slice(0, 3)) await shop.end(url);
    await shop.end(await shop.opened(BYTES));
    await forum.end(urls[3] ?? '');
  });
});

describe('an upload', () => {
  let url = '';
  beforeAll(async () => {
    url = await shop.opened(BYTES);
  });
  afterAll(() => shop.end(url));

  test('of another tenant is not there', async () => {
    expect((await forum.head(url)).status).toBe(404);
    await expectProblem(await forum.add(url, 0, await newPicture()), 'not_found');
    await expectProblem(await forum.end(url), 'not_found');
    expect(await shop.offsetOf(url)).toBe(0);
  });

  test('takes no bytes at another place than where it is', async () => {
    const picture = await newPicture();
    await expectProblem(await shop.add(url, 1, picture.subarray(1)), 'wrong_offset');
    await expectProblem(await shop.add(url, -1, picture), 'bad_parameter');
    expect(await shop.offsetOf(url)).toBe(0);
  });

  test('takes no more bytes than it said', async () => {
    await expectProblem(await shop.add(url, 0, await newPicture(BYTES + 1)), 'too_many_bytes');
  });

  test('takes no bytes that are not those of their checksum, and nothing of them is left', async () => {
    const before = (await partsOf()).size;
    const body = (await newPicture()).subarray(0, 100_000);
    const of = (bytes: Uint8Array, algorithm: string) => ({
      'upload-checksum': `${algorithm} ${createHash(algorithm).update(bytes).digest('base64')}`,
    });
    await expectProblem(await shop.add(url, 0, body, of(body.subarray(1), 'sha1')), 'checksum_mismatch');
    expect(await shop.offsetOf(url)).toBe(0);
    expect((await partsOf()).size).toBe(before);
    expect((await shop.add(url, 0, body, of(body, 'sha256'))).status).toBe(204);
  });

  test('takes one request of two that come at once', async () => {
    const own = await shop.opened(BYTES);
    const [one, other] = [await newPicture(), await newPicture()];
    const answers = await Promise.all([shop.add(own, 0, one), shop.add(own, 0, other)]);
    expect(answers.map(({ status }) => status).sort()).toEqual([204, 409]);
    const image = answers.find(({ status }) => status === 204)?.headers.get('darkroom-image') ?? '';
    const { source } = (await (await service.fetch(image, { headers: shopKey })).json()) as {
      source: { sha256: string };
    };
    const hashes = [one, other].map((bytes) => createHash('sha256').update(bytes).digest('hex'));
    expect(source.sha256, 'nothing is mixed').toBe(hashes[answers.findIndex(({ status }) => status === 204)]);
  });

  test('that is no picture is refused when it is whole, and at an end with nothing left', async () => {
    const own = await shop.opened(5);
    await expectProblem(await shop.add(own, 0, new TextEncoder().encode('hello')), 'unsupported_format');
    const again = await service.fetch(own, { headers: shopKey });
    expect((await expectProblem(again, 'upload_ended')).detail).toContain('unsupported_format');
    expect((await shop.head(own)).status).toBe(410);
    expect([...(await partsOf()).keys()].filter((part) => part.startsWith(own.slice(7)))).toEqual([]);
  });
});

describe('with a ticket', () => {
  const Ticket = z.object({ url: z.string() });
  async function ticket(asked: object): Promise<string> {
    const body = JSON.stringify(asked);
    const answer = await service.fetch('/tickets', { method: 'POST', headers: shopKey, body });
    return new URL(Ticket.parse(await answer.json()).url, service.url).search;
  }

  test('one upload is opened and brought, and no other', async () => {
    const stranger = new TusRequests(service);
    const [mine, others] = [await ticket({ maxBytes: BYTES }), await ticket({})];
    await expectProblem(await stranger.open(BYTES + 1, {}, mine), 'too_many_bytes');
    const url = await stranger.opened(BYTES, {}, mine);
    expect(await stranger.opened(BYTES, {}, mine), 'asked again, it is the same').toBe(url);
    await expectProblem(await stranger.open(BYTES - 1, {}, mine), 'ticket_used');
    const path = url.replace(/\?.*/, '');
    expect((await stranger.head(path)).status).toBe(401);
    expect((await stranger.head(path + others)).status).toBe(404);
    const answer = await stranger.add(url, 0, await newPicture());
    expect(answer.headers.get('darkroom-image')).toMatch(/^\/images\//);
    expect((await stranger.head(url)).headers.get('darkroom-image')).toBe(
      answer.headers.get('darkroom-image'),
    );
    const other = { method: 'POST', headers: { 'content-type': 'image/jpeg' }, body: await newPicture() };
    await expectProblem(await service.fetch(`/upload${mine}`, other), 'ticket_used');
  });

  test('that has brought a picture to /upload, another one is refused', async () => {
    const query = await ticket({});
    const url = await new TusRequests(service).opened(BYTES, {}, query);
    const first = { method: 'POST', headers: { 'content-type': 'image/jpeg' }, body: await newPicture() };
    const sent = await eventually('a worker for it', async () => {
      const answer = await service.fetch(`/upload${query}`, first);
      return answer.status === 503 ? null : answer;
    });
    expect(sent.status).toBe(200);
    await expectProblem(await new TusRequests(service).add(url, 0, await newPicture()), 'ticket_used');
  });
});
