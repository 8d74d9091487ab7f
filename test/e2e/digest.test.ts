import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { imagePath } from '../../testdata/expected.ts';
import { filesBelow } from '../helpers/files-below.ts';
import { FORM_TYPE, multipartBody } from '../helpers/multipart-body.ts';
import { expectProblem } from '../helpers/problem-answer.ts';
import { type RunningService, startService } from '../helpers/service.ts';
import { storesOf } from '../helpers/stores.ts';

const SMALL = await readFile(imagePath('testimage_small.jpg'));
const FORM = Buffer.from(multipartBody([{ name: 'image', fileName: 'photo.jpg', data: SMALL }]));

let service: RunningService;
beforeAll(async () => {
  service = await startService({ env: { HANDOFF_TIMEOUT_MS: '10000' } });
});
afterAll(() => service[Symbol.asyncDispose]());

const digest = (bytes: Buffer, algorithm = 'sha256') => createHash(algorithm).update(bytes).digest('base64');

const post = (headers: Record<string, string>, body: Buffer<ArrayBuffer> = SMALL, to = service) =>
  to.fetch('/upload', { method: 'POST', headers: { 'content-type': 'image/jpeg', ...headers }, body });

test.for(['content-digest', 'repr-digest'])('a right %s is taken', async (field) => {
  for (const value of [
    `sha-256=:${digest(SMALL)}:`,
    `sha-512=:${digest(SMALL, 'sha512')}:`,
    `sha-512=:${digest(SMALL, 'sha512')}:, sha-256=:${digest(SMALL)}:`,
    'md5=:AAAA:, unknown=?1',
    'constructor=:AAAA:, tostring=:AAAA:',
  ]) {
    expect((await post({ [field]: value })).status, value).toBe(200);
  }
});

test('the digest of a form is that of all its bytes', async () => {
  const headers = { 'content-type': FORM_TYPE };
  expect((await post({ ...headers, 'content-digest': `sha-256=:${digest(FORM)}:` }, FORM)).status).toBe(200);
  const ofTheImage = { ...headers, 'content-digest': `sha-256=:${digest(SMALL)}:` };
  await expectProblem(await post(ofTheImage, FORM), 'digest_mismatch');
});

test('bytes that are not those of their digest are refused, and nothing of them is kept', async () => {
  // One of its own: the runs of what was taken before still come and go.
  await using idle = await startService();
  const kept = async () => [
    ...(await filesBelow(idle.folder)),
    ...(await (await storesOf(idle)).originals()),
  ];
  const before = await kept();
  const wrong = digest(Buffer.from('other bytes'));
  for (const field of ['content-digest', 'repr-digest']) {
    await expectProblem(await post({ [field]: `sha-256=:${wrong}:` }, SMALL, idle), 'digest_mismatch');
  }
  const oneWrong = { 'content-digest': `sha-256=:${digest(SMALL)}:`, 'repr-digest': `sha-512=:${wrong}:` };
  await expectProblem(await post(oneWrong, SMALL, idle), 'digest_mismatch');
  expect((await filesBelow(join(idle.folder, 'spool'))).length).toBe(0);
  expect(await kept()).toEqual(before);
});

test.for(['sha-256', 'sha-256=abc', 'sha-256=:not base64!:', 'sha-256=:AAAA', '=', 'sha-256=(:AAAA:)'])(
  'a digest that cannot be read is refused: %s',
  async (value) => {
    await expectProblem(await post({ 'content-digest': value }), 'bad_parameter');
  },
);
