import { readFile } from 'node:fs/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { ProblemCode } from '../../server/problem.ts';
import { imagePath } from '../../testdata/expected.ts';
import { rawRequest } from '../helpers/http-exchange.ts';
import { BOUNDARY, FORM_TYPE, multipartBody } from '../helpers/multipart-body.ts';
import { expectProblem } from '../helpers/problem-answer.ts';
import {
  expectHonestUpload,
  expectNothingLeft,
  statusesOf,
  statusesUntilEnd,
} from '../helpers/raw-connection.ts';
import { RUNTIME, type RunningService, startService } from '../helpers/service.ts';

const JPEG = await readFile(imagePath('testimage_small.jpg'));
const KIB = 1024;
/** What is left of a refused body is read for 5 s at the most; the rest is for a machine with more work than cores. */
const MOST_MS = 15_000;

let service: RunningService;
beforeAll(async () => {
  service = await startService({ env: { HANDOFF_TIMEOUT_MS: '10000', UPLOAD_STALL_MS: '500' } });
});
afterAll(() => service[Symbol.asyncDispose]());
afterEach(async () => {
  await expectHonestUpload(service);
  await expectNothingLeft(service);
});

const GET = 'GET /livez HTTP/1.1\r\nHost: x\r\n';
const CHUNKED = 'POST /tickets HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n';
/** Bun takes none, however long they are. */
const NO_TRAILERS = RUNTIME === 'bun' ? 400 : 431;
const fields = (many: number, value = '1') =>
  Array.from({ length: many }, (_, n) => `X${n}: ${value}\r\n`).join('');

describe('a request of too many or too long fields is refused, and its connection ended', () => {
  test.each([
    ['a field of 20 KiB', `${GET}X: ${'a'.repeat(20 * KIB)}\r\n\r\n`, 431],
    ['a field of a MiB', `${GET}X: ${'a'.repeat(KIB * KIB)}\r\n\r\n`, 431],
    ['a name of 20 KiB', `${GET}${'X'.repeat(20 * KIB)}: a\r\n\r\n`, 431],
    ['an address of 20 KiB', `GET /${'a'.repeat(20 * KIB)} HTTP/1.1\r\nHost: x\r\n\r\n`, 431],
    ['210 small fields', `${GET}${fields(210)}\r\n`, 431],
    ['2,500 of the smallest', `${GET}${'a:\r\n'.repeat(2_500)}\r\n`, 431],
    ['100,000 fields', `${GET}${fields(100_000)}\r\n`, 431],
    ['fields that never end', `${GET}${fields(500, 'a'.repeat(KIB))}`, 431],
    ['an extension of a chunk of 20 KiB', `${CHUNKED}2;${'a'.repeat(20 * KIB)}\r\n{}\r\n0\r\n\r\n`, 413],
    ['trailers of 200 KiB', `${CHUNKED}2\r\n{}\r\n0\r\nX: ${'a'.repeat(200 * KIB)}\r\n\r\n`, NO_TRAILERS],
  ])('%s', async (_, request, status) => {
    // A client that still sends may lose its answer.
    expect([[], [status]]).toContainEqual(await statusesUntilEnd(service, request));
  });

  test('and as many as browsers and proxies send are taken', async () => {
    expect(await statusesOf(service, `${GET}${fields(100)}X: ${'a'.repeat(8 * KIB)}\r\n\r\n`, 1)).toEqual([
      200,
    ]);
  });
});

const image = { name: 'image', fileName: 'a.jpg', data: JPEG };
const part = (head: string, data = 'x') => `--${BOUNDARY}\r\n${head}\r\n\r\n${data}\r\n`;
const END = `--${BOUNDARY}--\r\n`;
const named = (name: string) => `Content-Disposition: form-data; name="${name}"`;

const FORMS: [string, string, ProblemCode][] = [
  [
    'ten thousand fields',
    Array.from({ length: 10_000 }, (_, n) => part(named(`f${n}`))).join('') + END,
    'malformed_request',
  ],
  [
    'ten thousand parts without a name',
    part('Content-Type: text/plain').repeat(10_000) + END,
    'malformed_request',
  ],
  [
    'ten thousand files',
    Array.from({ length: 10_000 }, () => part(`${named('f')}; filename="a"`)).join('') + END,
    'no_image',
  ],
  ['ten thousand boundaries', `--${BOUNDARY}\r\n`.repeat(10_000) + END, 'malformed_request'],
  ['a preamble of a MiB', `${'x'.repeat(KIB * KIB)}\r\n${END}`, 'no_image'],
  [
    'nothing but what is nearly a boundary',
    `\r\n--${BOUNDARY.slice(0, -1)}`.repeat(20_000),
    'malformed_request',
  ],
  ['a part with ten thousand fields', part(`${named('f')}\r\n${fields(10_000).trimEnd()}`) + END, 'no_image'],
  ['a part with a field of a MiB', part(`${named('f')}\r\nX: ${'a'.repeat(KIB * KIB)}`) + END, 'no_image'],
  ['a name of 100 KiB', part(named('n'.repeat(100 * KIB))) + END, 'no_image'],
  ['a file name of 100 KiB', part(`${named('f')}; filename="${'n'.repeat(100 * KIB)}"`) + END, 'no_image'],
  [
    'a form within a form',
    part(
      `${named('image')}\r\nContent-Type: multipart/mixed; boundary=inner`,
      `--inner\r\nContent-Disposition: file; filename="a.jpg"\r\n\r\n${'x'.repeat(100)}\r\n--inner--`,
    ) + END,
    'unsupported_format',
  ],
];

describe('a form that is made to be a burden is refused', () => {
  test.each(FORMS)('of %s', async (_, form, code) => {
    const body = Buffer.from(form);
    const headers = { 'content-type': FORM_TYPE, 'content-length': body.length };
    const answer = await rawRequest(service, '/upload', { headers, body });
    await expectProblem(answer, code);
    expect(answer.milliseconds).toBeLessThan(MOST_MS);
  });

  test('of a boundary that is longer than RFC 2046 has it', async () => {
    const headers = { 'content-type': `multipart/form-data; boundary=${'b'.repeat(4 * KIB)}` };
    const answer = await rawRequest(service, '/upload', { headers, body: multipartBody([image]) });
    await expectProblem(answer, 'malformed_request');
  });
});

describe('a length that is wrong', () => {
  const upload = (length: number) =>
    `POST /upload HTTP/1.1\r\nHost: x\r\nContent-Type: image/jpeg\r\nContent-Length: ${length}\r\n\r\n`;

  test('and too large: the upload stands still', async () => {
    const headers = { 'content-type': 'image/jpeg', 'content-length': JPEG.length + 1 };
    const answer = await rawRequest(service, '/upload', { headers, body: JPEG, standStill: true });
    await expectProblem(answer, 'upload_too_slow');
  });

  test('and too small: what is over is no request, nor a part of the picture', async () => {
    const picture = JPEG.toString('latin1');
    const [first, ...others] = await statusesUntilEnd(service, upload(100) + picture);
    // Bun ends the connection before it has answered.
    expect([200, 422, 400, undefined]).toContain(first);
    expect(others.filter((status) => status !== 400)).toEqual([]);
  });
});
