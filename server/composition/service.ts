import { setTimeout as sleep } from 'node:timers/promises';
import type { Config } from '../../shared/config.ts';
import type { Audience } from '../../shared/jobs/announce.ts';
import { ChangeFeed } from '../../shared/jobs/change-feed.ts';
import { readPresets } from '../../shared/presets/presets-file.ts';
import type { Logger } from '../../shared/telemetry/logger.ts';
import { gauge } from '../../shared/telemetry/metrics.ts';
import type { WorkerProgram } from '../../workers/supervisor/program.ts';
import { isShared, prepareAccess, readApiKeys } from '../access/prepare-access.ts';
import type { QuotaOf } from '../access/quotas.ts';
import { createApp, createMetrics, createProbes } from '../app.ts';
import { EventHub } from '../events/event-hub.ts';
import { bunRuntime } from '../http/bun-runtime.ts';
import { ClientFaults } from '../http/client-faults.ts';
import { nodeRuntime } from '../http/node-runtime.ts';
import { Intake } from '../intake/intake.ts';
import { SpoolMemory } from '../intake/spool-memory.ts';
import { ResumableUploads } from '../resumable/resumable-uploads.ts';
import { tidyUploads } from '../resumable/tidy.ts';
import type { ProbeParts } from '../routes/context.ts';
import { MOST_WAIT_SECONDS } from '../routes/upload.ts';
import type { NodeOptions } from './crew.ts';
import { openEmbedded } from './embedded.ts';
import { figuresOfStore, showFigures } from './figures.ts';
import { Lapses } from './lapses.ts';
import type { Front, Node } from './node.ts';
import { opsStateOf } from './ops-state.ts';
import { Repeated } from './repeated.ts';
import { showWebhooks } from './webhook-figures.ts';

/** The last part of a drain is kept for the runs: uploads that are still coming by then are cut. */
const MARGIN_FOR_RUNS_MS = 3_000;

/** The request's own limit of time answers with a 408 first; this one is for what never gets so far. */
const REQUEST_MARGIN_MS = 10_000;

/** Uploads that nobody asks for any more. */
const TIDIED_EVERY_MS = 60_000;

export type { WorkerProgram };

export interface Service {
  port: number;
  /** Accepts nothing new, finishes what runs, stops. True when nothing had to be cut or killed. */
  drain(): Promise<boolean>;
  /** Kills the workers; for an exit that does not wait. */
  kill(): void;
  /** Reads again what may change while it runs. */
  readAgain(): Promise<void>;
  /** Replaces the workers one by one. False: the new ones do not become ready, and the old ones stay. */
  replaceWorkers(): Promise<boolean>;
}

/**
 * Puts the service together. Only the files of this folder know which stores, storages, runtimes and supervisors there are.
 * @param workerProgram what workers run instead of their own, for tests of what workers may do wrong
 */
export async function startService(
  config: Config,
  log: Logger,
  breakerOpened: () => void,
  workerProgram?: WorkerProgram,
): Promise<Service> {
  const presets = await readPresets(config.presetsPath);
  const keys = await readApiKeys(config);
  const purging = config.purge && (await (await import('./purging.ts')).preparePurging(config.purge));
  const { webhooksPath } = config;
  const webhooks =
    webhooksPath === null ? null : await (await import('./webhooks.ts')).prepareWebhooks(webhooksPath);
  const endpoints = () => webhooks?.endpoints.all ?? [];
  const announces: Audience = {
    purges: config.purge !== null,
    get webhooks() {
      return endpoints();
    },
  };
  const watermarks = [...presets.watermarks].map(([sha256, png]) => ({ sha256, png }));
  const node = await openNode(
    {
      config,
      presets: presets.byName,
      isShared: isShared(keys),
      announces,
      log,
      breakerOpened,
      workerProgram,
    },
    watermarks,
  );
  const feed = new ChangeFeed(node.store, log);
  const events = new EventHub(feed, node.store, { ...config, isShared: isShared(keys) });
  node.news.listen(events);
  const messenger = (await purging?.(node, log)) ?? null;
  const courier = (await webhooks?.courierOf(node, log)) ?? null;
  const access = await prepareAccess(config, keys, node.common, log);
  const runtime = process.versions.bun ? bunRuntime : nodeRuntime;
  const spoolMemory = new SpoolMemory();
  let phase: 'serving' | 'unready' | 'closing' = 'serving';
  const readiness = () => {
    const reason = phase === 'serving' ? node.unready() : 'draining';
    return reason === null ? { ready: true as const } : { ready: false as const, reason };
  };
  const figures = figuresOfStore(node.store, log);
  const lapses = new Lapses();
  const probes: ProbeParts = {
    log,
    access,
    peerOf: runtime.peerOf,
    readiness,
    opsState: opsStateOf(node, config, figures, lapses, readiness),
    inside: () => (node.workers ? { workers: node.workers.counts(), isolation: node.workers.isolation } : {}),
    isDraining: () => phase !== 'serving',
    isClosing: () => phase === 'closing',
  };
  const intake = node.front && intakeOf(node, node.front, access.quotaOf);
  const resumable = node.front && intake ? resumableOf(node, node.front, intake) : null;
  const tidying = node.front && resumable && tidyingOf(node, node.front, resumable);
  const app = node.front && intake && resumable ? appOf(node.front, intake, resumable) : createProbes(probes);
  node.start();
  messenger?.start();
  tidying?.start();
  courier?.start();
  const faults = new ClientFaults(log);
  showFigures(node, figures, config);
  showWebhooks(node.store, endpoints, log);
  gauge('darkroom_event_streams', 'Event streams that are open', () => events.size);
  const listen = (served: Parameters<typeof runtime.listen>[0], port: number) =>
    runtime.listen(served, {
      host: config.host,
      port,
      faults,
      limits: {
        maxConnections: config.maxConnections,
        headersTimeoutMs: config.headersTimeoutMs,
        requestTimeoutMs: config.uploadTimeoutMs + REQUEST_MARGIN_MS,
        stillMs: Math.max(config.uploadStallMs, MOST_WAIT_SECONDS * 1000) + REQUEST_MARGIN_MS,
      },
    });
  const http = await listen(app, config.port);
  const metrics =
    config.metricsPort === null ? null : await listen(createMetrics(probes), config.metricsPort);
  if (node.workers) {
    const { workers, memoryBudgetBytes } = config;
    log.info({ workers, memoryBudgetBytes, ...node.workers.isolation }, 'isolation layers in force');
  }

  function intakeOf(
    { store, storage }: Node,
    { handOff, retries, decoder, spoolPath, room }: Front,
    quotaOf: QuotaOf,
  ): Intake {
    return new Intake(store, storage, handOff, retries, decoder, presets.byName, {
      ...config,
      quotaOf,
      spoolPath,
      room,
      spoolMemory,
      ...patienceOf(config),
    });
  }

  function resumableOf({ store }: Node, { parts, spoolPath }: Front, intake: Intake): ResumableUploads {
    const { quotaOf } = access;
    const limits = { ...config, ...patienceOf(config), quotaOf, isShared: isShared(keys) };
    return new ResumableUploads({ store, parts, spoolPath, spoolMemory }, intake, limits);
  }

  function tidyingOf({ store }: Node, { parts }: Front, { completion }: ResumableUploads): Repeated {
    const tidy = (signal: AbortSignal) => tidyUploads({ store, parts, completion }, signal, log);
    return new Repeated('tidy uploads', tidy, TIDIED_EVERY_MS, log);
  }

  function appOf({ watch, retries, parts }: Front, intake: Intake, resumable: ResumableUploads) {
    const { store, storage, direct } = node;
    return createApp({
      ...probes,
      store,
      storage,
      uploadParts: parts,
      direct,
      redirectsReads: config.readMode === 'redirect',
      intake,
      resumable,
      watch,
      retries,
      events,
      cut: runtime.cut,
      presets: presets.byName,
      keepOriginalsMs: config.keepOriginalsMs,
      origins: config.corsOrigins,
      jobTimeoutMs: config.jobTimeoutMs,
      maxUploadBytes: config.maxUploadBytes,
      bodyOf: runtime.bodyOf,
      patience: patienceOf(config),
      endpoints,
    });
  }

  async function drain(): Promise<boolean> {
    const deadline = performance.now() + config.drainTimeoutMs;
    const left = (margin = 0) => Math.max(0, deadline - performance.now() - margin);
    phase = 'unready';
    await sleep(config.drainDelayMs);
    phase = 'closing';
    resumable?.close();
    const tidied = tidying?.stop() ?? Promise.resolve();
    events.close();
    const closed = http.stop();
    const received = intake ? await inTime(intake.idle(), left(MARGIN_FOR_RUNS_MS)) : true;
    const finished = await node.drain(deadline);
    const answered = await inTime(closed, left());
    if (!answered) http.cut();
    // To the end, so that the last figures can be read.
    await inTime(metrics?.stop() ?? Promise.resolve(), left());
    metrics?.cut();
    faults.tell();
    await inTime(tidied, left());
    lapses.close();
    await Promise.all([messenger?.stop(), courier?.stop()]);
    await node.close();
    return received && finished && answered;
  }

  const readAgain = async () => webhooks?.readAgain(log);
  return { port: http.port, drain, kill: node.kill, readAgain, replaceWorkers: node.replaceWorkers };
}

/** What many machines need is loaded where it is needed. */
async function openNode(options: NodeOptions, watermarks: Parameters<typeof openEmbedded>[2]): Promise<Node> {
  const { database, storage } = options.config;
  if (database.kind === 'sqlite' && storage.kind === 'disk') {
    return openEmbedded(options, { database: database.path, storage: storage.path }, watermarks);
  }
  if (database.kind === 'postgres' && storage.kind === 's3') {
    const { openCluster } = await import('./cluster.ts');
    return openCluster(options, { database: database.url, storage: storage.settings }, watermarks);
  }
  throw new Error('the configuration has refused such a pair of stores');
}

const patienceOf = ({ uploadStallMs, uploadTimeoutMs }: Config) => ({
  stallMs: uploadStallMs,
  wholeMs: uploadTimeoutMs,
});

async function inTime(promise: Promise<unknown>, ms: number): Promise<boolean> {
  const ended = new AbortController();
  const late = sleep(ms, false, { signal: ended.signal }).catch(() => false);
  const result = await Promise.race([promise.then(() => true), late]);
  ended.abort();
  return result;
}
