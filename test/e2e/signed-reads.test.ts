import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { imagePath } from '../../testdata/expected.ts';
import { writeApiKeys } from '../helpers/api-keys.ts';
import { ImageAnswer, type VariantAnswer, variantOf } from '../helpers/image-answer.ts';
import { expectProblem } from '../helpers/problem-answer.ts';
import { importFromReadme } from '../helpers/readme-code.ts';
import { dataFolder, type RunningService, startService } from '../helpers/service.ts';
import { newSecret } from '../helpers/signing-keys.ts';
import { Accepted, newPicture } from '../helpers/upload.ts';

const TTL_S = 600;
const UNKNOWN = '00000000-0000-4000-8000-000000000000';
const [NEW, OLD] = [newSecret('new'), newSecret('old')];

type Headers = Record<string, string>;
type SignedUrl = (path: string, key: { id: string; secret: string }, expires: number) => string;

let service: RunningService;
let as: Record<'shop' | 'sender' | 'forum', { authorization: string }>;
let signedUrl: SignedUrl;
let image: ImageAnswer;
let thumb: VariantAnswer;

const inSeconds = (seconds: number) => Math.floor(Date.now() / 1000) + seconds;
const get = (path: string, headers: Headers = {}) => service.fetch(path, { headers, redirect: 'manual' });
const pathOf = (url: string) => new URL(url, service.url).pathname;

beforeAll(async () => {
  const folder = await dataFolder();
  const [keys, secrets] = [join(folder, 'keys.json'), join(folder, 'signing.json')];
  as = await writeApiKeys(keys, {
    shop: { scopes: ['upload', 'read'], tenant: 'shop' },
    sender: { scopes: ['upload'], tenant: 'shop' },
    forum: { scopes: ['upload', 'read'], tenant: 'forum' },
  });
  await writeFile(secrets, JSON.stringify({ keys: [NEW, OLD] }));
  signedUrl = await importFromReadme<SignedUrl>('signedUrl', folder);
  const env = { SIGNED_READS: 'true', READ_URL_TTL_S: String(TTL_S), API_KEYS_FILE: keys };
  service = await startService({ folder, env: { ...env, SIGNING_KEYS_FILE: secrets } });

  const headers = { ...as.shop, 'content-type': 'image/png', prefer: 'wait=60' };
  const body = await newPicture(imagePath('tiny_1x1.png'));
  const answer = await service.fetch('/upload', { method: 'POST', body, headers });
  const { links } = Accepted.parse(await answer.json());
  image = ImageAnswer.parse(await (await get(links.self, as.shop)).json());
  thumb = variantOf(image, 'thumb', 'jpeg');
});
afterAll(() => service[Symbol.asyncDispose]());

describe('an address of the manifest', () => {
  test('shows its variant to whoever has it, and caches keep that no longer than it lives', async () => {
    expect(image.variants).toHaveLength(6);
    for (const { url, bytes } of image.variants) {
      const answer = await get(url);
      expect([answer.status, (await answer.arrayBuffer()).byteLength]).toEqual([200, bytes]);
      const [, kept] =
        /^public, max-age=(\d+), immutable, must-revalidate$/.exec(
          answer.headers.get('cache-control') ?? '',
        ) ?? [];
      const expires = Number(new URL(url, service.url).searchParams.get('expires'));
      expect(inSeconds(0) + Number(kept)).toBeLessThanOrEqual(expires);
      expect(expires - inSeconds(0)).toBeGreaterThan(TTL_S - 60);
      expect(expires - inSeconds(0)).toBeLessThanOrEqual(2 * TTL_S);
    }
  });

  test('is the same when the manifest is asked for again, and is in no line of the log', async () => {
    const [line] = await Promise.all([
      service.logged(({ msg, path }) => msg === 'request' && path === pathOf(thumb.url)),
      get(thumb.url),
    ]);
    expect(line).toMatchObject({ signedBy: 'new' });
    const again = ImageAnswer.parse(await (await get(`/images/${image.id}`, as.shop)).json());
    expect(again.variants).toEqual(image.variants);
    expect(JSON.stringify(service.lines)).not.toMatch(/signature=/);
  });

  test('answers HEAD, a range, and the tag that a client has', async () => {
    const head = await service.fetch(thumb.url, { method: 'HEAD' });
    expect([head.status, head.headers.get('content-length')]).toEqual([200, String(thumb.bytes)]);
    expect((await get(thumb.url, { range: 'bytes=0-9' })).status).toBe(206);
    const same = await get(thumb.url, { 'if-none-match': `"${thumb.sha256}"` });
    expect(same.status).toBe(304);
    expect(same.headers.get('cache-control')).toMatch(/^public, max-age=\d+, immutable, must-revalidate$/);
  });
});

describe("the site's own back end", () => {
  test.each([NEW, OLD])('signs, as the README shows, with any key that is listed', async (key) => {
    const path = `/images/${image.id}/thumb`;
    const answer = await get(signedUrl(path, key, inSeconds(60)));
    expect([answer.status, answer.headers.get('vary')]).toEqual([200, 'Accept']);
    expect(answer.headers.get('cache-control')).toBe('no-cache');
  });

  test('is led from a variant of before to the one of now, until the same second', async () => {
    const expires = inSeconds(60);
    const before = signedUrl(`/images/${image.id}/thumb.0123456789abcdef.jpg`, NEW, expires);
    const answer = await get(before);
    const location = answer.headers.get('location') ?? '';
    expect([answer.status, location]).toEqual([302, signedUrl(pathOf(thumb.url), NEW, expires)]);
    expect((await get(location)).status).toBe(200);
  });

  test('is told the truth of what it has signed', async () => {
    await expectProblem(await get(signedUrl(`/images/${UNKNOWN}/thumb`, NEW, inSeconds(60))), 'not_found');
  });
});

describe('without a signature that is good', () => {
  const ways: [string, (path: string) => string][] = [
    ['none', (path) => path],
    ['one that is guessed', (path) => `${path}?expires=${inSeconds(60)}&key=new&signature=${'A'.repeat(43)}`],
    ['one of an unknown key', (path) => signedUrl(path, newSecret('other'), inSeconds(60))],
    ['one whose time is over', (path) => signedUrl(path, NEW, inSeconds(-1))],
    ['one of another address', (path) => signedUrl(`${path}x`, NEW, inSeconds(60)).replace('x?', '?')],
    ['a ticket', (path) => `${path}?ticket=eyJ.eyJ.x`],
  ];

  test.each(ways)('with %s, one answer for all: there or not', async (_, address) => {
    const paths = [
      pathOf(thumb.url),
      `/images/${image.id}/nothing`,
      `/images/${UNKNOWN}/thumb`,
      '/images/x/y',
    ];
    const answers = await Promise.all(
      paths.map(async (path) => {
        const answer = await get(address(path), { 'x-request-id': 'one' });
        // How many more requests there may be is counted for all of them.
        const { date: _, ratelimit: __, ...headers } = Object.fromEntries(answer.headers);
        return { headers, body: await expectProblem(answer, 'bad_signature') };
      }),
    );
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
  });
});

describe('a key in its place', () => {
  test('reads what is of its tenant, and no shared cache keeps that', async () => {
    const answer = await get(pathOf(thumb.url), as.shop);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('cache-control')).toBe('private, max-age=31536000, immutable');
    const named = await get(`/images/${image.id}/thumb`, as.shop);
    expect(named.headers.get('cache-control')).toBe('private, no-cache');
    const before = await get(`/images/${image.id}/thumb.0123456789abcdef.jpg`, as.shop);
    expect(before.headers.get('location')).toBe(pathOf(thumb.url));
  });

  test('is told of what is of another tenant what it is told of nothing', async () => {
    const of = async (id: string) => expectProblem(await get(`/images/${id}/thumb`, as.forum), 'not_found');
    const [{ requestId: _, ...theirs }, { requestId: __, ...absent }] = [
      await of(image.id),
      await of(UNKNOWN),
    ];
    expect(theirs).toEqual(absent);
  });

  test('that may not read, or is not known, is told so, there or not', async () => {
    for (const id of [image.id, UNKNOWN]) {
      await expectProblem(await get(`/images/${id}/thumb`, as.sender), 'not_allowed');
      await expectProblem(await get(`/images/${id}/thumb`, { authorization: 'Bearer dk_guessed' }), 'no_key');
    }
  });

  test('is not asked for beside a good signature', async () => {
    const answer = await get(thumb.url, { authorization: 'Basic c2l0ZTpvdGhlcg==' });
    expect([answer.status, answer.headers.get('cache-control')]).toEqual([
      200,
      expect.stringMatching(/^public/),
    ]);
  });
});
