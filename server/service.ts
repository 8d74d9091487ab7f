import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Config } from '../shared/config.ts';
import { SqliteJobStore } from '../shared/jobs/sqlite/sqlite-job-store.ts';
import { readPresets } from '../shared/presets/presets-file.ts';
import { DiskStorage } from '../shared/storage/disk/disk-storage.ts';
import { lockFolder } from '../shared/storage/disk/folder-lock.ts';
import type { Logger } from '../shared/telemetry/logger.ts';
import { KeptRecipes } from '../workers/supervisor/kept-recipes.ts';
import { prepareLaunch } from '../workers/supervisor/launcher.ts';
import type { WorkerProgram } from '../workers/supervisor/program.ts';
import { Runner } from '../workers/supervisor/runner.ts';
import { Scratch } from '../workers/supervisor/scratch.ts';
import { Supervisor } from '../workers/supervisor/supervisor.ts';
import { prepareAccess } from './access/prepare-access.ts';
import { createApp } from './app.ts';
import { bunRuntime } from './http/bun-runtime.ts';
import { ClientFaults } from './http/client-faults.ts';
import { nodeRuntime } from './http/node-runtime.ts';
import { SHARED_AT_ONCE } from './intake/acceptance.ts';
import { Intake } from './intake/intake.ts';
import { SpoolMemory } from './intake/spool-memory.ts';
import { recover } from './recovery.ts';
import { MOST_WAIT_SECONDS } from './routes/upload.ts';

/** The last part of a drain is kept for the runs: uploads that are still coming by then are cut. */
const MARGIN_FOR_RUNS_MS = 3_000;

/** The request's own limit of time answers with a 408 first; this one is for what never gets so far. */
const REQUEST_MARGIN_MS = 10_000;

const WORKERS_ARE_ROOT =
  'workers run as root: let other users read the code and pass to SCRATCH_PATH, or start the service as another user';

export type { WorkerProgram };

export interface Service {
  port: number;
  /** Accepts nothing new, finishes what runs, stops. True when nothing had to be cut or killed. */
  drain(): Promise<boolean>;
  /** Kills the workers; for an exit that does not wait. */
  kill(): void;
  /** Replaces the workers one by one. False: the new ones do not become ready, and the old ones stay. */
  replaceWorkers(): Promise<boolean>;
}

/**
 * The composition root: the only place that knows which store, storage, runtime and supervisor there are.
 * @param workerProgram what workers run instead of their own, for tests of what workers may do wrong
 */
export async function startService(
  config: Config,
  log: Logger,
  breakerOpened: () => void,
  workerProgram?: WorkerProgram,
): Promise<Service> {
  const presets = await readPresets(config.presetsPath);
  const access = await prepareAccess(config, log);
  const folders = new Set([
    config.basePath,
    config.storagePath,
    dirname(config.databasePath),
    config.scratchPath,
  ]);
  const unlock = [...folders].map(lockFolder);
  const store = await SqliteJobStore.open(config.databasePath);
  const storage = await DiskStorage.open(config.storagePath);
  const scratch = await Scratch.open(config.scratchPath);
  for (const [sha256, png] of presets.watermarks) await store.keepWatermark({ sha256, png });
  const atOnce = config.workers + config.queueDepth + SHARED_AT_ONCE;
  const backlog = await recover(store, storage, storage.spoolPath, atOnce, log);

  const hidden = [config.databasePath, storage.spoolPath];
  const { launch, isolation, hasUsers, whyRoot } = await prepareLaunch(
    scratch,
    { ...config, hidden },
    workerProgram,
  );
  if (whyRoot !== null) log.warn({ why: whyRoot }, WORKERS_ARE_ROOT);
  // A run's input is a link to its original, which has to be readable to the worker.
  if (hasUsers) process.umask(0o022);
  const recipes = new KeptRecipes(store, presets.byName);
  const runner = new Runner(store, storage, recipes, config, log);
  const supervisor = new Supervisor(
    { ...config, isShared: access.isShared },
    launch,
    runner,
    log,
    breakerOpened,
  );
  const patience = { stallMs: config.uploadStallMs, wholeMs: config.uploadTimeoutMs };
  const intake = new Intake(store, storage, supervisor, () => supervisor.decoder, presets.byName, {
    ...config,
    spoolPath: storage.spoolPath,
    spoolMemory: new SpoolMemory(),
    ...patience,
  });

  let phase: 'serving' | 'unready' | 'closing' = 'serving';
  const runtime = process.versions.bun ? bunRuntime : nodeRuntime;
  const app = createApp({
    store,
    storage,
    intake,
    presets: presets.byName,
    watch: supervisor,
    retries: supervisor,
    log,
    access,
    peerOf: runtime.peerOf,
    origins: config.corsOrigins,
    maxUploadBytes: config.maxUploadBytes,
    bodyOf: runtime.bodyOf,
    patience,
    readiness: () => {
      if (phase !== 'serving') return { ready: false, reason: 'draining' };
      return supervisor.isReady ? { ready: true } : { ready: false, reason: 'no worker is ready' };
    },
    inside: () => ({ workers: supervisor.workers, isolation }),
    isClosing: () => phase === 'closing',
  });
  supervisor.start(backlog);
  const faults = new ClientFaults(log);
  const http = await runtime.listen(app, {
    host: config.host,
    port: config.port,
    faults,
    limits: {
      maxConnections: config.maxConnections,
      headersTimeoutMs: config.headersTimeoutMs,
      requestTimeoutMs: config.uploadTimeoutMs + REQUEST_MARGIN_MS,
      stillMs: Math.max(config.uploadStallMs, MOST_WAIT_SECONDS * 1000) + REQUEST_MARGIN_MS,
    },
  });
  log.info(
    { workers: config.workers, memoryBudgetBytes: config.memoryBudgetBytes, ...isolation },
    'isolation layers in force',
  );

  async function drain(): Promise<boolean> {
    const deadline = performance.now() + config.drainTimeoutMs;
    const left = (margin = 0) => Math.max(0, deadline - performance.now() - margin);
    phase = 'unready';
    await sleep(config.drainDelayMs);
    phase = 'closing';
    const closed = http.stop();
    const received = await inTime(intake.idle(), left(MARGIN_FOR_RUNS_MS));
    const finished = await supervisor.drain(deadline);
    const answered = await inTime(closed, left());
    if (!answered) http.cut();
    faults.tell();
    await store.close();
    for (const release of unlock) release();
    return received && finished && answered;
  }

  return {
    port: http.port,
    drain,
    kill: () => supervisor.kill(),
    replaceWorkers: () => supervisor.replaceWorkers(),
  };
}

async function inTime(promise: Promise<unknown>, ms: number): Promise<boolean> {
  const ended = new AbortController();
  const late = sleep(ms, false, { signal: ended.signal }).catch(() => false);
  const result = await Promise.race([promise.then(() => true), late]);
  ended.abort();
  return result;
}
