import { readFile } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import type { ProblemCode } from '../../../server/problem.ts';
import { type ImageName, imagePath } from '../../../testdata/expected.ts';
import { ask, type Changes, failing, ID } from '../../helpers/app-with.ts';
import { newUpload } from '../../helpers/job-records.ts';
import { expectProblem } from '../../helpers/problem-answer.ts';

const picture = (name: ImageName) => readFile(imagePath(name));

const NOTHING = { images: 0, bytes: null };
const ONE = { tenant: 'default', images: 1, originalBytes: 1, variantBytes: 1 };

describe('what lies in the bucket', () => {
  const complete = (changes: Changes, more = '') =>
    ask('POST', `/uploads/${ID}/complete?ticket=t${more}`, changes);

  test('is accepted', async () => {
    expect((await complete({})).status).toBe(200);
  });

  test.for<[ProblemCode, () => Promise<Changes>]>([
    ['no_image', async () => ({ bytes: Buffer.alloc(0) })],
    ['key_in_flight', async () => ({ store: { claimKey: async () => 'in_flight' } })],
    ['too_many_bytes', async () => ({ maxBytes: 100 })],
    ['damaged_header', async () => ({ bytes: await picture('damaged_header.jpg') })],
    ['too_many_pixels', async () => ({ bytes: await picture('huge_declared.png') })],
    ['too_many_frames', async () => ({ bytes: await picture('many_frames.gif') })],
    ['too_much_memory', async () => ({ limits: { memoryBudgetBytes: 1 } })],
    ['quarantined', async () => ({ store: { isQuarantined: async () => true } })],
    ['no_worker', async () => ({ room: 'busy' })],
    [
      'quota_exceeded',
      async () => ({ limits: { quotaOf: () => NOTHING }, store: { usageOf: async () => ONE } }),
    ],
    ['too_many_uploads', async () => ({ limits: { maxUploads: 0 } })],
    ['draining', async () => ({ isClosing: true })],
    ['disk_full', async () => ({ storage: { keepOriginal: () => failing('storage_full') } })],
  ])('is refused as any upload: %s', async ([code, changes]) => {
    await expectProblem(await complete(await changes()), code);
  });

  test.for<[ProblemCode, string]>([
    ['bad_parameter', '&focus=2'],
    ['unknown_preset', '&preset=nope'],
  ])('is refused for its parameters: %s', async ([code, more]) => {
    await expectProblem(await complete({}, more), code);
  });
});

const NO_MORE = {
  rateLimits: { count: async () => ({ policy: 'address', limit: 1, remaining: -1, seconds: 9 }) },
};

test.for<[ProblemCode, string, Changes]>([
  ['draining', 'POST /upload', { isClosing: true }],
  ['malformed_request', 'POST /tickets', {}],
  ['not_ready', `GET /images/${ID}/similar`, { store: { findImage: async () => waiting() } }],
  ['internal', `GET /images/${ID}/thumb`, { store: { findImage: async () => JSON.parse('{') } }],
  ['rate_limited', `GET /images/${ID}/thumb`, { access: { signedUrls: { read: () => null }, ...NO_MORE } }],
  ['not_found', `POST /jobs/${ID}/retry`, { store: { retryJob: async () => null } }],
  ['superseded', `POST /jobs/${ID}/retry`, { store: { retryJob: async () => 'superseded' } }],
  ['deleted', `POST /jobs/${ID}/retry`, { store: { retryJob: async () => 'deleted' } }],
  ['original_not_kept', `POST /jobs/${ID}/retry`, { store: { retryJob: async () => 'original_gone' } }],
  ['too_many_streams', `GET /jobs/${ID}/events`, {}],
  ['draining', `GET /jobs/${ID}/events`, { isClosing: true }],
  ['draining', 'GET /events', { isClosing: true }],
  ['bad_parameter', 'GET /quarantine?limit=0', {}],
  ['unknown_preset', 'GET /reprocess?preset=nope', {}],
  ['draining', 'POST /reprocess?preset=default', { isClosing: true }],
  ['draining', 'POST /erasures', { isClosing: true }],
  ['draining', 'POST /webhooks/shop/replay?since=2026-01-31', { isClosing: true }],
  ['bad_parameter', 'POST /webhooks/shop/replay', {}],
  ['not_found', 'POST /webhooks/nobody/replay?since=2026-01-31', {}],
  ['not_found', 'POST /webhooks/nobody/enable', {}],
  ['not_found', 'GET /webhooks/Nobody/deliveries', {}],
  ['bad_parameter', 'GET /webhooks/shop/deliveries?status=lost', {}],
  ['malformed_request', 'POST /erasures', {}],
  ['upload_too_slow', 'POST /erasures', { body: () => new Readable({ read() {} }) }],
  [
    'disk_full',
    'POST /erasures',
    {
      body: () => Readable.from([Buffer.from('{"tenant": "default"}')], { objectMode: false }),
      store: { listImages: () => failing('storage_full') },
    },
  ],
])('%s: %s', async ([code, request, changes]) => {
  const [method = '', path = ''] = request.split(' ');
  await expectProblem(await ask(method, path, changes), code);
});

function waiting() {
  const { image, job } = newUpload();
  return { image, job, set: null };
}
