import { join } from 'node:path';
import { Readable } from 'node:stream';
import { identifyAnybody } from '../../server/access/identify.ts';
import { RateLimits } from '../../server/access/rate-limits.ts';
import { SigningKeys } from '../../server/access/signing-keys.ts';
import { TicketOffice } from '../../server/access/tickets.ts';
import { createApp } from '../../server/app.ts';
import { EventHub } from '../../server/events/event-hub.ts';
import { Intake } from '../../server/intake/intake.ts';
import { UNKNOWN_ROOM } from '../../server/intake/room.ts';
import { SpoolMemory } from '../../server/intake/spool-memory.ts';
import { ResumableUploads } from '../../server/resumable/resumable-uploads.ts';
import { ChangeFeed } from '../../shared/jobs/change-feed.ts';
import type { JobStore } from '../../shared/jobs/job-store.ts';
import type { Work } from '../../shared/jobs/records.ts';
import { BUILT_IN_PRESETS, type PresetsByName } from '../../shared/presets/configured-presets.ts';
import type { HandOff, Reservation, Retries } from '../../shared/queue/hand-off.ts';
import { DiskParts } from '../../shared/storage/disk/disk-parts.ts';
import { DiskStorage } from '../../shared/storage/disk/disk-storage.ts';
import { KeptRecipes } from '../../workers/supervisor/kept-recipes.ts';
import { Runner } from '../../workers/supervisor/runner.ts';
import { Scratch } from '../../workers/supervisor/scratch.ts';
import type { RunAftermath } from '../../workers/supervisor/settlement.ts';
import type { WorkerProcess } from '../../workers/supervisor/worker-process.ts';
import { DECODER } from './job-records.ts';
import { recordingLog } from './recording-log.ts';

const CHUNK_BYTES = 64 * 1024;
const RUN_LIMITS = { jobTimeoutMs: 5_000, maxAttempts: 3, maxPixels: 1_000_000 };
const INTAKE_LIMITS = {
  maxUploadBytes: 1_000_000,
  maxPixels: 1_000_000,
  maxFrames: 10,
  memoryBudgetBytes: 2 ** 30,
  maxUploads: 100,
  maxUploadingBytes: 2 ** 30,
  stallMs: 5_000,
  wholeMs: 5_000,
  expireAfterMs: null,
  quotaOf: () => null,
  room: UNKNOWN_ROOM,
};

const RESUMABLE_LIMITS = { ...INTAKE_LIMITS, maxResumableUploads: 10, resumableTtlS: 60, isShared: false };

/** Always has room, and keeps what comes. */
class Queue implements HandOff, Retries {
  readonly works: Work[] = [];
  /** Reservations that are neither used nor given back. */
  held = 0;

  isWorthReading(): boolean {
    return true;
  }

  comes(): void {}

  async reserve(): Promise<Reservation> {
    this.held++;
    return {
      submit: (work) => {
        this.held--;
        this.works.push(work);
      },
      release: () => {
        this.held--;
      },
    };
  }

  addBacklog(work: Work): void {
    this.works.push(work);
  }
}

/**
 * The service without its sockets and processes, put together in this one over a folder and a store.
 * @param worker is given its part of the scratch
 */
export async function partsInProcess(
  root: string,
  store: JobStore,
  worker: WorkerProcess,
  given: { presets?: PresetsByName } = {},
) {
  const { log } = recordingLog();
  const storage = await DiskStorage.open(root);
  const folder = (await Scratch.open(join(root, 'scratch'))).newFolder(null);
  const inFolder = Object.assign(worker, { folder });
  const presets = given.presets ?? BUILT_IN_PRESETS.byName;
  const recipes = new KeptRecipes(store, presets);
  const runner = new Runner(store, storage, recipes, RUN_LIMITS, log);
  const queue = new Queue();
  const spoolMemory = new SpoolMemory();
  const limits = { ...INTAKE_LIMITS, spoolPath: storage.spoolPath, spoolMemory };
  const intake = new Intake(store, storage, queue, queue, () => DECODER, presets, limits);
  const parts = await DiskParts.open(root);
  const resumable = new ResumableUploads({ store, parts, ...limits }, intake, RESUMABLE_LIMITS);
  const app = createApp({
    store,
    storage,
    uploadParts: parts,
    direct: null,
    redirectsReads: false,
    intake,
    resumable,
    presets,
    watch: { ended: async () => {} },
    retries: queue,
    events: new EventHub(new ChangeFeed(store, log), store, { maxEventStreams: 0, isShared: false }),
    cut: () => false,
    log,
    access: {
      identify: identifyAnybody,
      rateLimits: new RateLimits({ requestsPerKey: 0, requestsPerAddress: 0 }),
      clientAddress: (peer) => peer,
      tickets: new TicketOffice(SigningKeys.ofThisProcess()),
      signedUrls: null,
      quotaOf: () => null,
    },
    peerOf: () => '127.0.0.1',
    keepOriginalsMs: null,
    origins: [],
    jobTimeoutMs: RUN_LIMITS.jobTimeoutMs,
    maxUploadBytes: INTAKE_LIMITS.maxUploadBytes,
    bodyOf: ({ env }) => Readable.from(chunksOf(env.bytes), { objectMode: false }),
    patience: INTAKE_LIMITS,
    readiness: () => ({ ready: true }),
    inside: () => {
      throw new Error('nobody asks for it');
    },
    endpoints: () => [],
    opsState: () => {
      throw new Error('nobody asks for it');
    },
    isDraining: () => false,
    isClosing: () => false,
  });

  return {
    storage,
    parts,
    resumable,
    queue,
    spoolMemory,
    log,

    async post(bytes: Buffer, headers: Record<string, string> = {}): Promise<Response> {
      const type = { 'content-type': 'image/jpeg' };
      return app.request('/upload', { method: 'POST', headers: { ...type, ...headers } }, { bytes });
    },

    async delete(id: string): Promise<Response> {
      return app.request(`/images/${id}`, { method: 'DELETE' });
    },

    run(work: Work): Promise<RunAftermath> {
      return runner.run(work, inFolder, 0, () => {}, new AbortController().signal);
    },
  };
}

export type PartsInProcess = Awaited<ReturnType<typeof partsInProcess>>;

/** As a connection brings it. */
function* chunksOf(bytes: Buffer): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += CHUNK_BYTES) yield bytes.subarray(at, at + CHUNK_BYTES);
}
