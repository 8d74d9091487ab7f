import { readFile } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { RateLimits } from '../../../server/access/rate-limits.ts';
import { createApp } from '../../../server/app.ts';
import { Intake } from '../../../server/intake/intake.ts';
import { UNKNOWN_ROOM } from '../../../server/intake/room.ts';
import { SpoolMemory } from '../../../server/intake/spool-memory.ts';
import type { ProblemCode } from '../../../server/problem.ts';
import type { Parts } from '../../../server/routes/context.ts';
import { SCOPES } from '../../../shared/domain/access.ts';
import { DEFAULT_TENANT } from '../../../shared/domain/ids.ts';
import { StoreError } from '../../../shared/errors.ts';
import { BUILT_IN_PRESETS } from '../../../shared/presets/configured-presets.ts';
import { type ImageName, imagePath } from '../../../testdata/expected.ts';
import { heldToContract } from '../../helpers/contract.ts';
import { newUpload } from '../../helpers/job-records.ts';
import { ownFolder } from '../../helpers/own-folder.ts';
import { expectProblem } from '../../helpers/problem-answer.ts';
import { recordingLog } from '../../helpers/recording-log.ts';

const ID = '5f0c7a52-0000-4000-8000-000000000000';

/** What the stores answer, and how much there may be; where a test does not say, an upload is accepted. */
interface Changes {
  store?: object;
  storage?: object;
  limits?: object;
  /** What the bucket has. */
  bytes?: Buffer;
  room?: string;
  maxBytes?: number;
  isClosing?: boolean;
  access?: object;
  /** That of the request; where a test does not say, it breaks off. */
  body?: () => Readable;
}

const accepted = newUpload().job;

async function appWith(changes: Changes) {
  const { log } = recordingLog();
  const presets = BUILT_IN_PRESETS.byName;
  const store = {
    claimKey: async () => 'claimed',
    releaseClaim: async () => {},
    hasTwin: async () => false,
    isQuarantined: async () => false,
    acceptUpload: async () => accepted,
    ...changes.store,
  };
  const storage = { keepOriginal: async () => {}, removeOriginal: async () => {}, ...changes.storage };
  const handOff = {
    isWorthReading: () => true,
    comes: () => {},
    reserve: async () => changes.room ?? { submit: () => {}, release: () => {} },
  };
  const limits = {
    maxUploadBytes: 1_000_000,
    maxPixels: 50_000_000,
    maxFrames: 100,
    memoryBudgetBytes: 2 ** 30,
    maxUploads: 10,
    maxUploadingBytes: 2 ** 30,
    stallMs: 5_000,
    wholeMs: 5_000,
    spoolPath: await ownFolder(),
    spoolMemory: new SpoolMemory(),
    expireAfterMs: null,
    quotaOf: () => null,
    room: UNKNOWN_ROOM,
    ...changes.limits,
  };
  const bytes = changes.bytes ?? (await readFile(imagePath('testimage_small.jpg')));
  const ticket = {
    id: ID,
    keyId: null,
    tenant: DEFAULT_TENANT,
    preset: null,
    expires: null,
    expiresAt: Infinity,
  };
  return createApp({
    log,
    access: {
      identify: () => ({ keyId: null, tenant: DEFAULT_TENANT, scopes: new Set(SCOPES) }),
      rateLimits: new RateLimits({ requestsPerKey: 0, requestsPerAddress: 0 }),
      clientAddress: (peer: string) => peer,
      tickets: { read: async () => ({ ...ticket, maxBytes: changes.maxBytes ?? 1_000_000 }) },
      signedUrls: null,
      ...changes.access,
    },
    peerOf: () => '192.0.2.1',
    isDraining: () => changes.isClosing ?? false,
    isClosing: () => changes.isClosing ?? false,
    origins: [],
    store,
    storage,
    direct: {
      openUpload: async () => ({ body: new Blob([new Uint8Array(bytes)]).stream() }),
      removeUpload: async () => {},
    },
    intake: new Intake(
      store as never,
      storage as never,
      handOff as never,
      {} as never,
      () => 'decoder' as never,
      presets,
      limits,
    ),
    presets,
    maxUploadBytes: 1_000_000,
    bodyOf: changes.body ?? brokenOff,
    patience: { stallMs: 100, wholeMs: 1_000 },
    watch: {},
    retries: {},
    endpoints: () => [{ id: 'shop', url: new URL('https://shop.example'), tenant: null, events: [] }],
  } as unknown as Parts);
}

const brokenOff = () =>
  new Readable({
    read() {
      this.destroy(new Error('reset by the client'));
    },
  });

async function ask(
  method: string,
  path: string,
  changes: Changes,
  init: RequestInit = {},
): Promise<Response> {
  const app = await appWith(changes);
  const answer = await app.request(path, { method, ...init });
  await heldToContract(method, new URL(path, 'http://darkroom.test'), answer);
  return answer;
}

const picture = (name: ImageName) => readFile(imagePath(name));

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

const failing = async (code: StoreError['code']) => {
  throw new StoreError(code, 'as the test says');
};

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
