import { readFile } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { RateLimits } from '../../server/access/rate-limits.ts';
import { createApp } from '../../server/app.ts';
import { EventHub } from '../../server/events/event-hub.ts';
import { Intake } from '../../server/intake/intake.ts';
import { UNKNOWN_ROOM } from '../../server/intake/room.ts';
import { SpoolMemory } from '../../server/intake/spool-memory.ts';
import { ResumableUploads } from '../../server/resumable/resumable-uploads.ts';
import type { Parts } from '../../server/routes/context.ts';
import { SCOPES } from '../../shared/domain/access.ts';
import { DEFAULT_TENANT } from '../../shared/domain/ids.ts';
import type { ResumableUpload } from '../../shared/domain/resumable.ts';
import { StoreError } from '../../shared/errors.ts';
import { BUILT_IN_PRESETS } from '../../shared/presets/configured-presets.ts';
import { imagePath } from '../../testdata/expected.ts';
import { heldToContract } from './contract.ts';
import { newUpload } from './job-records.ts';
import { ownFolder } from './own-folder.ts';
import { recordingLog } from './recording-log.ts';
import { uploadRecord } from './upload-record.ts';

export const ID = '5f0c7a52-0000-4000-8000-000000000000';

/** What the stores answer, and how much there may be; where a test does not say, an upload is accepted. */
export interface Changes {
  store?: object;
  storage?: object;
  limits?: object;
  /** What the bucket has. */
  bytes?: Buffer;
  room?: string;
  maxBytes?: number;
  isClosing?: boolean;
  access?: object;
  /** What is kept of a resumable upload, and what its parts' storage does. */
  upload?: Partial<ResumableUpload>;
  parts?: object;
  /** What follows jobs. */
  events?: object;
  /** That of the request; where a test does not say, it breaks off. */
  body?: () => Readable;
}

const accepted = newUpload().job;

/** All routes, over stores that do what a test says. */
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
  const resumableStore = uploadRecord({ bytes: bytes.length, ...changes.upload });
  const parts = {
    keep: async () => {},
    remove: async () => {},
    removeAll: async () => {},
    read: async () => new Blob([new Uint8Array(bytes)]).stream(),
    ...changes.parts,
  };
  const ticket = {
    id: ID,
    keyId: null,
    tenant: DEFAULT_TENANT,
    preset: null,
    expires: null,
    expiresAt: Infinity,
  };
  const intake = new Intake(
    store as never,
    storage as never,
    handOff as never,
    { addBacklog: () => {} },
    () => 'decoder' as never,
    presets,
    limits,
  );
  const writerParts = { ...limits, store: { ...resumableStore, ...store }, parts };
  const resumable = new ResumableUploads(writerParts as never, intake, {
    ...limits,
    maxResumableUploads: 10,
    resumableTtlS: 60,
    isShared: false,
  });
  const events = new EventHub(
    {} as never,
    store as never,
    { maxEventStreams: 0, isShared: false, ...changes.events } as never,
  );
  if (changes.isClosing) events.close();
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
    intake,
    resumable,
    events,
    uploadParts: parts,
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

export async function ask(
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

/** What a store does that fails. */
export const failing = async (code: StoreError['code']) => {
  throw new StoreError(code, 'as the test says');
};
