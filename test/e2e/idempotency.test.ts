import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { imagePath } from '../../testdata/expected.ts';
import { expectCleanEnd } from '../helpers/aftermath.ts';
import { eventually } from '../helpers/eventually.ts';
import { Freezer } from '../helpers/freezer.ts';
import { startUpload } from '../helpers/half-upload.ts';
import { expectProblem } from '../helpers/problem-answer.ts';
import { PROFILE } from '../helpers/profile.ts';
import { type RunningService, startService } from '../helpers/service.ts';
import { storesOf } from '../helpers/stores.ts';
import { Accepted, endOf, postImage } from '../helpers/upload.ts';

const SMALL = await readFile(imagePath('testimage_small.jpg'));
const LARGE = imagePath('testimage_large.jpg');

/** 15 s, and then until somebody looks, at most every 13 s. */
const GONE_WITHIN_MS = 40_000;

const env = { HANDOFF_TIMEOUT_MS: '10000' };

let service: RunningService;
beforeAll(async () => {
  service = await startService({ env });
});
afterAll(() => service[Symbol.asyncDispose]());

let count = 0;
const newKey = () => `"key-${process.pid}-${++count}"`;

const post = (key: string, fields: Record<string, string> = {}, picture = SMALL) =>
  postImage(service, picture, fields, { 'idempotency-key': key });

async function accepted(answer: Response): Promise<Accepted> {
  expect(answer.status).toBe(200);
  return Accepted.parse(await answer.json());
}

const originals = async () => (await storesOf(service)).originals();

test('an upload that is repeated with its key is answered as the first time, and kept once', async () => {
  const key = newKey();
  const first = await accepted(await post(key));
  await endOf(service, first);
  const before = await originals();
  const again = await post(key);
  expect(again.headers.get('idempotent-replayed')).toBe('true');
  expect(again.headers.get('location')).toBe(first.links.self);
  expect(await accepted(again)).toEqual(first);
  expect(await originals()).toEqual(before);
});

test('a key is the same with quotes, as the draft has it, and without', async () => {
  const key = newKey();
  const first = await accepted(await post(key));
  expect((await accepted(await post(key.slice(1, -1)))).id).toBe(first.id);
});

test('a key belongs to its bytes and parameters', async () => {
  const key = newKey();
  await accepted(await post(key, { metadata: '{"a":1}' }));
  const other = Buffer.concat([SMALL, Buffer.from('more')]);
  await expectProblem(await post(key, { metadata: '{"a":1}' }, other), 'key_reused');
  await expectProblem(await post(key, { metadata: '{"a":2}' }), 'key_reused');
  expect((await post(key, { metadata: '{"a":1}' })).status).toBe(200);
});

test('a key without which the same bytes come again is another image', async () => {
  const first = await accepted(await post(newKey()));
  const second = await accepted(await post(newKey()));
  const third = await accepted(await postImage(service, SMALL));
  expect(new Set([first.id, second.id, third.id]).size).toBe(3);
});

test('while the first request is on its way, its key is taken', async () => {
  const key = newKey();
  const half = await startUpload(service, LARGE, { 'idempotency-key': key });
  const meanwhile = await post(key);
  expect(meanwhile.headers.get('retry-after')).toBe('1');
  await expectProblem(meanwhile, 'key_in_flight');
  const first = await half.finish();
  const again = await post(key, {}, await readFile(LARGE));
  expect((await accepted(again)).id).toBe(first.accepted.id);
});

test('a refused upload uses up no key', async () => {
  const key = newKey();
  await expectProblem(await post(key, {}, Buffer.from('no picture')), 'unsupported_format');
  await expectProblem(await post(key, { preset: 'none' }), 'unknown_preset');
  await accepted(await post(key));
});

test('a client that hangs up gives its key back', async () => {
  const key = newKey();
  const half = await startUpload(service, LARGE, { 'idempotency-key': key });
  const before = service.lines.length;
  half.hangUp();
  await service.logged((line) => line.path === '/upload', before);
  await accepted(await post(key));
});

test.for(['', '""', '"unfinished', 'x'.repeat(256), `"${'x'.repeat(256)}"`])(
  'the key %s is refused',
  async (key) => {
    await expectProblem(await post(key), 'bad_parameter');
  },
);

test('a repeated upload may wait for the end of the first one, and says what became of it', async () => {
  const key = newKey();
  const picture = Buffer.concat([SMALL, Buffer.from(key)]);
  await using freezer = await Freezer.hold(service);
  const first = await accepted(await post(key, {}, picture));
  expect(first.status).toBe('queued');
  const waiting = postImage(service, picture, {}, { 'idempotency-key': key, prefer: 'wait=20' });
  freezer.letGo();
  expect(await accepted(await waiting)).toMatchObject({ id: first.id, status: 'succeeded' });
});

// The last one, as it ends the service of all.
test('a key outlives a crash of the service', async () => {
  const key = newKey();
  const headers = { 'idempotency-key': key };
  const first = await accepted(await postImage(service, SMALL, {}, headers));
  const cut = newKey();
  await startUpload(service, LARGE, { 'idempotency-key': cut });
  service.process.kill('SIGKILL');
  await service.exited;
  await using next = await startService({ folder: service.folder, env: { ...env, N_WORKERS: '1' } });
  expect((await accepted(await postImage(next, SMALL, {}, headers))).id).toBe(first.id);
  const again = () => postImage(next, SMALL, {}, { 'idempotency-key': cut });
  if (PROFILE === 'cluster') {
    // Of one node among many it is known after some seconds that it is gone, and with it the request that had the key.
    await eventually('a key that nobody has', async () => (await again()).status === 200, GONE_WITHIN_MS);
  }
  await accepted(await again());
  await endOf(next, first);
  await expectCleanEnd(next);
});
