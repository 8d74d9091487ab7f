import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { imagePath } from '../../testdata/expected.ts';
import { rawRequest } from '../helpers/http-exchange.ts';
import {
  bytesOf,
  type ImageAnswer,
  imageOf,
  type VariantAnswer,
  variantOf,
} from '../helpers/image-answer.ts';
import { expectProblem } from '../helpers/problem-answer.ts';
import { type RunningService, startService } from '../helpers/service.ts';
import { endOf, upload } from '../helpers/upload.ts';

let service: RunningService;
let image: ImageAnswer;
let jpeg: VariantAnswer;
let webp: VariantAnswer;
beforeAll(async () => {
  service = await startService({ env: { N_WORKERS: '1' } });
  const accepted = await upload(service, imagePath('testimage_medium.jpg'));
  await endOf(service, accepted);
  image = await imageOf(service, accepted);
  jpeg = variantOf(image, 'medium', 'jpeg');
  webp = variantOf(image, 'medium', 'webp');
});
afterAll(() => service[Symbol.asyncDispose]());

const bare = (name: string) => `/images/${image.id}/${name}`;
const get = (path: string, headers: Record<string, string> = {}) => service.fetch(path, { headers });
const tagOf = ({ sha256 }: VariantAnswer) => `"${sha256}"`;

describe('a URL without a format is answered in the best one for Accept', () => {
  it.each([
    ['*/*', 'jpeg'],
    ['image/*', 'jpeg'],
    ['image/webp', 'webp'],
    ['image/webp,*/*;q=0.5', 'webp'],
    ['image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8', 'webp'],
    ['image/webp;q=0.4,image/jpeg', 'jpeg'],
    ['image/webp;q=0,*/*', 'jpeg'],
    ['text/html', 'jpeg'],
  ] as const)('%s: %s', async (accept, format) => {
    const answer = await get(bare('medium'), { accept });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toBe(`image/${format}`);
    expect(answer.headers.get('etag')).toBe(tagOf(format === 'jpeg' ? jpeg : webp));
    expect(answer.headers.get('vary')).toBe('Accept');
    expect(answer.headers.get('cache-control')).toBe('no-cache');
  });

  it('and without Accept as JPEG', async () => {
    const answer = await rawRequest(service, bare('medium'), { method: 'GET' });
    expect(answer.headers).toMatchObject({ 'content-type': 'image/jpeg', vary: 'Accept' });
  });
});

describe('a URL', () => {
  it.each([
    ['jpg', 'image/webp', 'image/jpeg'],
    ['webp', 'image/jpeg', 'image/webp'],
  ])('with the extension %s is of that format whatever Accept says', async (extension, accept, type) => {
    const answer = await get(bare(`medium.${extension}`), { accept });
    expect(answer.headers.get('content-type')).toBe(type);
    expect(answer.headers.get('vary')).toBeNull();
    expect(answer.headers.get('cache-control')).toBe('no-cache');
  });

  it('of the manifest names the very bytes, so they never change', async () => {
    for (const variant of image.variants) {
      const answer = await get(variant.url, { accept: 'text/html' });
      expect(answer.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
      expect(answer.headers.get('vary')).toBeNull();
      expect(answer.headers.get('etag')).toBe(tagOf(variant));
      expect(answer.headers.get('content-type')).toBe(`image/${variant.format}`);
      expect(answer.headers.get('content-length')).toBe(String(variant.bytes));
      expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
      expect(answer.headers.get('content-security-policy')).toContain("default-src 'none'");
      expect(answer.headers.get('cross-origin-resource-policy')).toBe('cross-origin');
      const bytes = Buffer.from(await answer.arrayBuffer());
      expect(createHash('sha256').update(bytes).digest('hex')).toBe(variant.sha256);
    }
  });

  it.each(['huge', 'medium.png', 'medium.0000000000000000.png', 'MEDIUM', 'medium.', '%2e%2e%2flarge.jpg'])(
    'that ends in %s is not found',
    async (name) => {
      await expectProblem(await rawRequest(service, bare(name), { method: 'GET' }), 'not_found');
    },
  );
});

describe('a client that has the bytes already', () => {
  it.each([
    ['the tag', () => tagOf(jpeg)],
    ['the tag as a weak one', () => `W/${tagOf(jpeg)}`],
    ['a list with the tag', () => `"other", ${tagOf(jpeg)}`],
    ['any', () => '*'],
  ])('is told so: %s', async (_, tag) => {
    const answer = await get(bare('medium.jpg'), { 'if-none-match': tag() });
    expect(answer.status).toBe(304);
    expect(await answer.text()).toBe('');
    expect(answer.headers.get('etag')).toBe(tagOf(jpeg));
    expect(answer.headers.get('cache-control')).toBe('no-cache');
  });

  it('of another format gets this one, and the 304 of a negotiated URL says that it varies', async () => {
    const headers = { accept: 'image/webp', 'if-none-match': tagOf(jpeg) };
    expect((await get(bare('medium'), headers)).status).toBe(200);
    const same = await get(bare('medium'), { ...headers, 'if-none-match': tagOf(webp) });
    expect(same.status).toBe(304);
    expect(same.headers.get('vary')).toBe('Accept');
  });

  it('is told so even when it asks for a range', async () => {
    const headers = { 'if-none-match': tagOf(jpeg), range: 'bytes=0-9' };
    expect((await get(jpeg.url, headers)).status).toBe(304);
  });
});

describe('a range', () => {
  it.each([
    ['bytes=0-9', 0, 10],
    ['bytes=100-', 100, undefined],
    ['bytes=-10', -10, undefined],
    ['bytes=5-999999999', 5, undefined],
  ])('%s is answered with these bytes', async (range, start, end) => {
    const whole = await bytesOf(service, jpeg);
    const part = whole.subarray(start, end);
    const first = start < 0 ? whole.length + start : start;
    const answer = await get(jpeg.url, { range });
    expect(answer.status).toBe(206);
    expect(answer.headers.get('content-range')).toBe(
      `bytes ${first}-${first + part.length - 1}/${whole.length}`,
    );
    expect(answer.headers.get('content-length')).toBe(String(part.length));
    expect(Buffer.from(await answer.arrayBuffer()).equals(part)).toBe(true);
  });

  it('beyond the end is refused with the length', async () => {
    const answer = await get(jpeg.url, { range: `bytes=${jpeg.bytes}-` });
    expect(answer.headers.get('content-range')).toBe(`bytes */${jpeg.bytes}`);
    await expectProblem(answer, 'range_not_satisfiable');
  });

  it.each(['bytes=0-1,5-9', 'lines=0-1', 'bytes=x-y'])('%s is answered in whole', async (range) => {
    const answer = await get(jpeg.url, { range });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-length')).toBe(String(jpeg.bytes));
    await answer.arrayBuffer();
  });

  it('counts only for the version that If-Range names', async () => {
    const range = 'bytes=0-9';
    expect((await get(jpeg.url, { range, 'if-range': tagOf(jpeg) })).status).toBe(206);
    for (const other of [tagOf(webp), `W/${tagOf(jpeg)}`, 'Wed, 21 Oct 2015 07:28:00 GMT'])
      expect((await get(jpeg.url, { range, 'if-range': other })).status).toBe(200);
  });
});

describe('HEAD', () => {
  it('has the headers of GET and no body', async () => {
    for (const path of [
      jpeg.url,
      bare('medium'),
      bare('medium.webp'),
      `/images/${image.id}`,
      '/jobs',
      '/livez',
    ]) {
      const head = await service.fetch(path, { method: 'HEAD' });
      const full = await service.fetch(path);
      expect(head.status).toBe(200);
      expect(await head.text()).toBe('');
      const names = ['content-type', 'etag', 'cache-control', 'vary', 'accept-ranges'];
      for (const name of names)
        expect(head.headers.get(name), `${name} of ${path}`).toBe(full.headers.get(name));
      await full.arrayBuffer();
    }
  });

  it('of a variant tells its length', async () => {
    const answer = await service.fetch(jpeg.url, { method: 'HEAD' });
    expect(answer.headers.get('content-length')).toBe(String(jpeg.bytes));
  });

  it('of a range is of the whole file: ranges are for GET (RFC 9110, section 14.2)', async () => {
    for (const range of ['bytes=0-9', `bytes=${jpeg.bytes}-`]) {
      const answer = await service.fetch(jpeg.url, { method: 'HEAD', headers: { range } });
      expect(answer.status).toBe(200);
      expect(answer.headers.get('content-length')).toBe(String(jpeg.bytes));
    }
  });

  it('of what is not there says so without a body', async () => {
    const answer = await service.fetch(bare('huge'), { method: 'HEAD' });
    expect(answer.status).toBe(404);
    expect(await answer.text()).toBe('');
  });
});
