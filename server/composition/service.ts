import { setTimeout as sleep } from 'node:timers/promises';
import type { Config } from '../../shared/config.ts';
import { ChangeFeed } from '../../shared/jobs/change-feed.ts';
import { readPresets } from '../../shared/presets/presets-file.ts';
import type { Logger } from '../../shared/telemetry/logger.ts';
import { gauge } from '../../shared/telemetry/metrics.ts';
import { within } from '../../shared/within.ts';
import type { WorkerProgram } from '../../workers/supervisor/program.ts';
import { isShared, prepareAccess, readApiKeys } from '../access/prepare-access.ts';
import { createMetrics, createProbes } from '../app.ts';
import { EventHub } from '../events/event-hub.ts';
import { bunRuntime } from '../http/bun-runtime.ts';
import { ClientFaults } from '../http/client-faults.ts';
import { nodeRuntime } from '../http/node-runtime.ts';
import type { ProbeParts } from '../routes/context.ts';
import { MOST_WAIT_SECONDS } from '../routes/upload.ts';
import type { NodeOptions } from './crew.ts';
import { openEmbedded } from './embedded.ts';
import { figuresOfStore, showFigures } from './figures.ts';
import { Lapses } from './lapses.ts';
import type { Node } from './node.ts';
import { opsStateOf } from './ops-state.ts';
import { receptionOf } from './reception.ts';
import { showWebhooks } from './webhook-figures.ts';

/** The last part of a drain is kept for the runs: uploads that are still coming by then are cut. */
const MARGIN_FOR_RUNS_MS = 3_000;

/** The request's own limit of time answers with a 408 first; this one is for what never gets so far. */
const REQUEST_MARGIN_MS = 10_000;

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
  const { webhooksPath } = config;
  const webhooks =
    webhooksPath === null ? null : await (await import('./webhooks.ts')).prepareWebhooks(webhooksPath);
  const endpoints = () => webhooks?.endpoints.all ?? [];
  const watermarks = [...presets.watermarks].map(([sha256, png]) => ({ sha256, png }));
  const node = await openNode(
    {
      config,
      presets: presets.byName,
      isShared: isShared(keys),
      endpoints,
      log,
      breakerOpened,
      workerProgram,
    },
    watermarks,
  );
  const feed = new ChangeFeed(node.store, log);
  const events = new EventHub(feed, node.store, { ...config, isShared: isShared(keys) });
  node.news.listen(events);
  const courier = (await webhooks?.courierOf(node, log)) ?? null;
  const access = await prepareAccess(config, keys, node.common, log);
  const runtime = process.versions.bun ? bunRuntime : nodeRuntime;
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
  const options = {
    config,
    presets: presets.byName,
    access,
    isShared: isShared(keys),
    runtime,
    events,
    endpoints,
  };
  const reception = node.front && receptionOf(node, node.front, probes, options);
  node.start();
  reception?.tidying.start();
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
  const http = await listen(reception?.app ?? createProbes(probes), config.port);
  const metrics =
    config.metricsPort === null ? null : await listen(createMetrics(probes), config.metricsPort);
  if (node.workers) {
    const { workers, memoryBudgetBytes } = config;
    log.info({ workers, memoryBudgetBytes, ...node.workers.isolation }, 'isolation layers in force');
  }

  async function drain(): Promise<boolean> {
    const deadline = performance.now() + config.drainTimeoutMs;
    const left = (margin = 0) => Math.max(0, deadline - performance.now() - margin);
    phase = 'unready';
    await sleep(config.drainDelayMs);
    phase = 'closing';
    reception?.resumable.close();
    const tidied = reception?.tidying.stop() ?? Promise.resolve();
    events.close();
    const closed = http.stop();
    const received = reception ? await within(reception.intake.idle(), left(MARGIN_FOR_RUNS_MS)) : true;
    const finished = await node.drain(deadline);
    const answered = await within(closed, left());
    if (!answered) http.cut();
    // To the end, so that the last figures can be read.
    await within(metrics?.stop() ?? Promise.resolve(), left());
    metrics?.cut();
    faults.tell();
    await within(tidied, left());
    lapses.close();
    await courier?.stop();
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
