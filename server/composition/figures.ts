import type { StatsFs } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Config } from '../../shared/config.ts';
import type { StoreFigures } from '../../shared/jobs/figures.ts';
import type { Logger } from '../../shared/telemetry/logger.ts';
import { gauge, gauges } from '../../shared/telemetry/metrics.ts';
import type { Node, WorkersView } from './node.ts';

/** The clock of the loop is looked at so often, in milliseconds: its delay is what it comes late. */
const RESOLUTION_MS = 20;

/** The database is not asked more often, however many read: in milliseconds. */
const ASK_AGAIN_MS = 1_000;

/** What metrics show of the state of this process and its stores, asked for when they are read. */
export function showFigures(
  { workers, isDiskLow }: Node,
  figures: FiguresOfStore,
  { basePath, scratchPath }: Config,
): void {
  showStore(figures);
  if (workers) showWorkers(workers);
  gauges(
    'darkroom_process_resident_bytes',
    'Memory of the service, of its workers together, and of the largest of them',
    'process',
    () => {
      const ofWorkers = workers?.rssBytes() ?? [];
      const ofService = [['service', process.memoryUsage.rss()]] as const;
      if (ofWorkers.length === 0) return ofService;
      const all = ofWorkers.reduce((sum, bytes) => sum + bytes, 0);
      return [...ofService, ['workers', all], ['largest_worker', Math.max(...ofWorkers)]] as const;
    },
  );
  if (isDiskLow)
    gauge('darkroom_disk_low', '1: less than MIN_FREE_BYTES are left for what is kept', () =>
      isDiskLow() ? 1 : 0,
    );
  showLoopDelay();
  showDisks({ data: basePath, scratch: scratchPath });
}

function showDisks(places: Record<string, string>): void {
  const ofEach = (figure: (found: StatsFs) => number) => () =>
    Promise.all(
      Object.entries(places).map(async ([place, path]) => [place, figure(await statfs(path))] as const),
    );
  gauges(
    'darkroom_disk_free_bytes',
    'Room that is left for what is kept, and for what is on its way',
    'place',
    ofEach(({ bavail, bsize }) => bavail * bsize),
  );
  gauges(
    'darkroom_disk_size_bytes',
    'All the room that there is',
    'place',
    ofEach(({ blocks, bsize }) => blocks * bsize),
  );
}

/** Null: the store does not answer. */
export type FiguresOfStore = () => Promise<StoreFigures | null>;

export function figuresOfStore(store: Node['store'], log: Logger): FiguresOfStore {
  let asked: Promise<StoreFigures | null> = Promise.resolve(null);
  let askedAt = Number.NEGATIVE_INFINITY;
  return () => {
    if (performance.now() - askedAt < ASK_AGAIN_MS) return asked;
    askedAt = performance.now();
    asked = store.figures().catch((error) => {
      log.warn({ err: error }, 'figures of the store are missing');
      return null;
    });
    return asked;
  };
}

function showStore(figures: FiguresOfStore): void {
  const lanes = async () => Object.entries((await figures())?.waiting ?? {});
  gauges('darkroom_queue_jobs', 'Accepted jobs that wait; of all nodes', 'lane', async () =>
    (await lanes()).map(([lane, { jobs }]) => [lane, jobs] as const),
  );
  gauges(
    'darkroom_queue_oldest_seconds',
    'How long the job has waited that has waited longest',
    'lane',
    async () => (await lanes()).map(([lane, { oldestAt }]) => [lane, secondsSince(oldestAt)] as const),
  );
  gauge(
    'darkroom_quarantined_pictures',
    'Pictures that are refused since they have crashed the decoder',
    async () => (await figures())?.quarantined ?? null,
  );
  gauges('darkroom_kept_bytes', 'Bytes of files that are kept; of all tenants', 'kind', async () => {
    const kept = (await figures())?.kept;
    return kept
      ? ([
          ['originals', kept.originalBytes],
          ['variants', kept.variantBytes],
        ] as const)
      : [];
  });
  gauge(
    'darkroom_kept_images',
    'Images that are not deleted; of all tenants',
    async () => (await figures())?.kept.images ?? null,
  );
  gauge('darkroom_store_up', '1: the records answer', async () => ((await figures()) ? 1 : 0));
}

const secondsSince = (at: number | null): number => (at === null ? 0 : Math.max(0, (Date.now() - at) / 1000));

function showWorkers(workers: WorkersView): void {
  gauges(
    'darkroom_workers',
    'Worker processes that are ready, those of them that are idle, and runs that go on',
    'state',
    () => {
      const { ready, idle, running } = workers.counts();
      return Object.entries({ ready, idle, running });
    },
  );
  gauge('darkroom_workers_wanted', 'Runs that can go on at the same time', () => workers.counts().atOnce);
  gauge(
    'darkroom_worker_breaker_open',
    '1: workers die before they are ready, and no more are started',
    () => (workers.isBreakerOpen() ? 1 : 0),
  );
}

/** Since it was read the last time. */
function showLoopDelay(): void {
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  delay.enable();
  gauges(
    'darkroom_event_loop_delay_seconds',
    'How late the loop of the service comes to its work',
    'quantile',
    () => {
      const figures = [0.5, 0.99].map((of) => [String(of), delay.percentile(of * 100) / 1e9] as const);
      const most = ['1', delay.max / 1e9] as const;
      delay.reset();
      return [...figures, most];
    },
  );
}
