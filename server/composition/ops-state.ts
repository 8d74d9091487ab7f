import type { Config } from '../../shared/config.ts';
import type { StoreFigures } from '../../shared/jobs/figures.ts';
import type { WorkerState } from '../../shared/queue/hand-off.ts';
import type { OpsState } from '../contract/ops-answer.ts';
import type { ProbeParts } from '../routes/context.ts';
import type { FiguresOfStore } from './figures.ts';
import type { Lapses } from './lapses.ts';
import type { Node, WorkersView } from './node.ts';

/** Tells operators what this process is at. */
export function opsStateOf(
  { name, workers }: Node,
  { role }: Config,
  figures: FiguresOfStore,
  lapses: Lapses,
  readiness: ProbeParts['readiness'],
): () => Promise<OpsState> {
  const startedAt = time(Date.now());
  return async () => {
    const ready = readiness();
    const [ofStore, recent] = await Promise.all([figures(), lapses.recent()]);
    return {
      node: name,
      role,
      at: time(Date.now()),
      startedAt,
      ready: ready.ready,
      reason: ready.ready ? null : ready.reason,
      rssBytes: process.memoryUsage.rss(),
      workers: workers && describeWorkers(workers),
      waiting: ofStore && describeWaiting(ofStore),
      lapses: recent,
    };
  };
}

const time = (ms: number): string => new Date(ms).toISOString();

const describeWorkers = (workers: WorkersView): OpsState['workers'] => ({
  ...workers.counts(),
  isBreakerOpen: workers.isBreakerOpen(),
  processes: workers.states().map(describeProcess),
});

const describeProcess = ({ ageMs, run, ...rest }: WorkerState) => ({
  ...rest,
  ageSeconds: ageMs / 1000,
  run: run && describeRun(run),
});

const describeRun = ({ runId, ...rest }: NonNullable<WorkerState['run']>) => ({ id: runId, ...rest });

function describeWaiting({ waiting: { upload, batch } }: StoreFigures): OpsState['waiting'] {
  const lane = ({ jobs, oldestAt }: StoreFigures['waiting']['upload']) => ({
    jobs,
    oldestSeconds: oldestAt === null ? 0 : Math.max(0, Date.now() - oldestAt) / 1000,
  });
  return { upload: lane(upload), batch: lane(batch) };
}
