import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { ProblemCode } from '../../server/problem.ts';
import { type ImageName, imagePath } from '../../testdata/expected.ts';
import { jpeg, jpegFrameHeader } from '../fixtures/headers/jpeg.ts';
import { filesBelow } from '../helpers/files-below.ts';
import { rawRequest } from '../helpers/http-exchange.ts';
import { FORM_TYPE, multipartBody, type Part } from '../helpers/multipart-body.ts';
import { expectProblem } from '../helpers/problem-answer.ts';
import { type RunningService, startService } from '../helpers/service.ts';
import { storesOf } from '../helpers/stores.ts';
import { postImage } from '../helpers/upload.ts';

const JPEG = await readFile(imagePath('testimage_small.jpg'));
const IMAGE: Part = { name: 'image', fileName: 'a.jpg', type: 'image/jpeg', data: JPEG };

let service: RunningService;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service[Symbol.asyncDispose]());
// Nothing in this file is accepted.
afterEach(async () => {
  const stores = await storesOf(service);
  expect(await filesBelow(join(service.folder, 'spool')), 'spool').toEqual([]);
  expect(await stores.originals(), 'originals').toEqual([]);
  expect(await stores.published(), 'variants').toEqual([]);
});

const send = (body: Buffer, type = FORM_TYPE) =>
  rawRequest(service, '/upload', { body, headers: { 'content-type': type, 'content-length': body.length } });
const sendForm = (parts: Part[]) => send(multipartBody(parts));

describe('a body that cannot be read is refused', () => {
  it.each([
    ['a form that names no boundary', multipartBody([IMAGE]), 'multipart/form-data'],
    ['a form that ends within the image', multipartBody([IMAGE]).subarray(0, 40_000), FORM_TYPE],
    ['a form that ends within a header', multipartBody([IMAGE]).subarray(0, 40), FORM_TYPE],
    ['a form without its last boundary', multipartBody([IMAGE]).subarray(0, -24), FORM_TYPE],
    [
      'a form with another boundary than it says',
      multipartBody([IMAGE]),
      'multipart/form-data; boundary=other',
    ],
    ['an empty form', Buffer.alloc(0), FORM_TYPE],
    ['bytes that are called neither a form nor an image', JPEG, 'application/octet-stream'],
    ['a form of another kind', Buffer.from('image=1'), 'application/x-www-form-urlencoded'],
  ])('%s', async (_, body, type) => {
    await expectProblem(await send(body, type), 'malformed_request');
  });

  it('a body without Content-Type', async () => {
    await expectProblem(await rawRequest(service, '/upload', { body: JPEG }), 'malformed_request');
  });

  it('a form with very many fields', async () => {
    const fields = Array.from({ length: 200 }, (_, n) => ({ name: `field${n}`, data: 'x' }));
    await expectProblem(await sendForm([...fields, IMAGE]), 'malformed_request');
  });
});

describe('a form has exactly one image', () => {
  it.each<[string, Part[], ProblemCode]>([
    ['no part at all', [], 'no_image'],
    ['only text fields', [{ name: 'metadata', data: '{}' }], 'no_image'],
    ['the image in another field', [{ ...IMAGE, name: 'photo' }], 'no_image'],
    ['another file beside the image', [IMAGE, { ...IMAGE, name: 'second' }], 'no_image'],
    ['two images', [IMAGE, IMAGE], 'too_many_images'],
  ])('%s is refused', async (_, parts, code) => {
    await expectProblem(await sendForm(parts), code);
  });

  it('an empty raw body is refused', async () => {
    await expectProblem(await send(Buffer.alloc(0), 'image/png'), 'no_image');
  });
});

describe('the fields', () => {
  const tooLong = JSON.stringify({ text: 'x'.repeat(4097 - '{"text":""}'.length) });
  it.each([
    ['is no JSON', '{"a":'],
    ['is an array', '[1,2]'],
    ['is a string', '"text"'],
    ['is null', 'null'],
    ['is empty', ''],
    ['has 4097 bytes', tooLong],
    [
      'has 4098 bytes in 4096 characters',
      JSON.stringify({ text: `éé${'x'.repeat(4094 - '{"text":""}'.length)}` }),
    ],
  ])('metadata that %s is refused, before and after the image', async (_, data) => {
    const field = { name: 'metadata', data };
    await expectProblem(await sendForm([field, IMAGE]), 'bad_parameter');
    await expectProblem(await sendForm([IMAGE, field]), 'bad_parameter');
  });

  it('metadata given twice is refused', async () => {
    const field = { name: 'metadata', data: '{}' };
    await expectProblem(await sendForm([field, field, IMAGE]), 'bad_parameter');
  });

  it('a preset that there is not is refused, with those that there are', async () => {
    const answer = await postImage(service, imagePath('testimage_small.jpg'), { preset: 'nope' });
    expect(await expectProblem(answer, 'unknown_preset')).toMatchObject({ presets: ['default'] });
  });

  it('a preset is not found among what every object has', async () => {
    await expectProblem(await sendForm([{ name: 'preset', data: '__proto__' }, IMAGE]), 'unknown_preset');
  });
});

describe('bytes', () => {
  it.each<[ImageName, string]>([
    ['wrong_magic.jpg', 'HTML'],
    ['picture.svg', 'SVG'],
  ])('of %s are called what they are: %s', async (name, found) => {
    const body = await expectProblem(await postImage(service, imagePath(name)), 'unsupported_format');
    expect(body).toMatchObject({ found, detail: expect.stringContaining(found) });
  });

  it('of a PDF that is called a JPEG in a raw body are a PDF', async () => {
    const answer = await send(Buffer.from('%PDF-1.7\n%%EOF'), 'image/jpeg');
    expect(await expectProblem(answer, 'unsupported_format')).toMatchObject({ found: 'PDF' });
  });

  it.each<[ImageName, ProblemCode, object]>([
    ['damaged_header.jpg', 'damaged_header', {}],
    ['huge_declared.jpg', 'too_many_pixels', { limit: 50_000_000, found: 65_500 ** 2 }],
    ['huge_declared.png', 'too_many_pixels', { limit: 50_000_000, found: 60_000 ** 2 }],
    ['many_frames.gif', 'too_many_frames', { limit: 100, found: 150 }],
  ])('of %s are %s', async (name, code, members) => {
    const body = await expectProblem(await postImage(service, imagePath(name)), code);
    expect(body).toMatchObject(members);
  });
});

const UNKNOWN = '00000000-0000-4000-8000-000000000000';

describe('what is not there', () => {
  it.each([
    `/images/${UNKNOWN}`,
    `/images/${UNKNOWN}/large`,
    `/jobs/${UNKNOWN}`,
    '/images/not-an-id',
    '/images/not-an-id/large',
    '/jobs/1',
    `/images/${UNKNOWN}%00`,
    '/images/..%2f..%2fdarkroom.db',
    `/images/${UNKNOWN}/..%2f..%2fdarkroom.db`,
    '/nothing',
  ])('GET %s is not found', async (path) => {
    await expectProblem(await rawRequest(service, path, { method: 'GET' }), 'not_found');
  });

  it('DELETE of an unknown image is not found', async () => {
    await expectProblem(await service.fetch(`/images/${UNKNOWN}`, { method: 'DELETE' }), 'not_found');
  });

  it.each([
    ['GET', '/upload', 'POST'],
    ['PUT', '/upload', 'POST'],
    ['OPTIONS', '/upload', 'POST'],
    ['POST', `/images/${UNKNOWN}`, 'GET, HEAD, DELETE'],
    ['DELETE', `/images/${UNKNOWN}/large`, 'GET, HEAD'],
    ['POST', '/jobs', 'GET, HEAD'],
    ['DELETE', `/jobs/${UNKNOWN}`, 'GET, HEAD'],
    ['POST', '/livez', 'GET, HEAD'],
    ['PATCH', '/readyz', 'GET, HEAD'],
  ])('%s %s is answered with the methods that are possible', async (method, path, allow) => {
    const answer = await service.fetch(path, { method });
    expect(answer.headers.get('allow')).toBe(allow);
    await expectProblem(answer, 'method_not_allowed');
  });
});

it.each(['localhost: localhost', 'a b', 'a/b', 'a:b:c'])(
  'a request to a host that cannot be read, "%s", gets no further',
  async (host) => {
    const { status, body } = await rawRequest(service, '/livez', { method: 'GET', headers: { host } });
    expect({ status, body }).toEqual({ status: 400, body: '' });
  },
);

it('a refusal carries the request id of its client', async () => {
  const answer = await service.fetch('/nothing', { headers: { 'x-request-id': 'mine:1' } });
  expect(await expectProblem(answer, 'not_found')).toMatchObject({ requestId: 'mine:1' });
});

it('a picture that takes more memory than there is for all is refused by its header', async () => {
  await using small = await startService({ env: { MEMORY_BUDGET: String(64 * 2 ** 20) } });
  const body = Buffer.from(jpeg(jpegFrameHeader(7000, 7000, 0xc2)));
  const refused = await rawRequest(small, '/upload', {
    body,
    headers: { 'content-type': 'image/jpeg', 'content-length': body.length },
  });
  const { limit, found } = await expectProblem(refused, 'too_much_memory');
  expect(limit).toBe(64 * 2 ** 20);
  expect(found).toBeGreaterThan(6 * 7000 ** 2);
  expect(await filesBelow(join(small.folder, 'spool'))).toEqual([]);
  // A photo of a phone passes.
  expect((await postImage(small, JPEG)).status).toBe(200);
});
