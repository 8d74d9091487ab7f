import { randomUUID } from 'node:crypto';
import type { Pool } from 'pg';
import { type JobId, newRunId } from '../../shared/domain/ids.ts';
import { openDatabase } from '../../shared/jobs/postgres/open.ts';
import { PostgresJobStore } from '../../shared/jobs/postgres/postgres-job-store.ts';
import type { RunStart, Work } from '../../shared/jobs/records.ts';
import { connect } from '../../shared/postgres/connect.ts';
import { Listener } from '../../shared/postgres/listener.ts';
import { Notifier } from '../../shared/postgres/notifier.ts';
import { Admission } from '../../shared/queue/postgres/admission.ts';
import { BossQueue } from '../../shared/queue/postgres/boss-queue.ts';
import { CHANNELS } from '../../shared/queue/postgres/channels.ts';
import { migrateQueue } from '../../shared/queue/postgres/migrate.ts';
import { NodeRegistry } from '../../shared/queue/postgres/nodes.ts';
import type { Crew } from '../../shared/queue/work-source.ts';
import { Feeder } from '../../workers/supervisor/feeder.ts';
import { DECODER, succeeded } from './job-records.ts';
import { recordingLog } from './recording-log.ts';
import type { Told } from './told.ts';

/** Workers that do as the test says, and tell the store of it as real ones do. */
class FakeCrew implements Crew {
  readonly told: Told<JobId>;
  readonly running = new Map<JobId, { start: RunStart; end: (ended: JobId[]) => void }>();
  workers: number;
  store: PostgresJobStore | null = null;

  constructor(workers: number, told: Told<JobId>) {
    this.workers = workers;
    this.told = told;
  }

  get vacancies(): number {
    return this.workers - this.running.size;
  }

  async run(work: Work): Promise<readonly JobId[]> {
    const { jobId, lease } = work;
    const ended = Promise.withResolvers<JobId[]>();
    const start = { runId: newRunId(), jobId, workerPid: 42, at: 2_000, ...(lease && { lease }) };
    this.running.set(jobId, { start, end: ended.resolve });
    const history = await this.store?.startRun(start);
    if (history) this.told.push(jobId);
    else this.#end(jobId, []);
    return ended.promise;
  }

  async finish(job: JobId): Promise<void> {
    const run = this.running.get(job);
    if (!run) throw new Error('it does not run here');
    const end = { ...succeeded(run.start), ...(run.start.lease && { lease: run.start.lease }) };
    await this.store?.finishRun(end);
    this.#end(job, [job]);
  }

  #end(job: JobId, ended: JobId[]): void {
    this.running.get(job)?.end(ended);
    this.running.delete(job);
  }
}

export interface QueueNodeLimits {
  workers: number;
  queueDepth?: number;
  batchDepth?: number;
  handOffTimeoutMs?: number;
  isShared?: boolean;
}

/** A node as it is among others, but for its processes and files. @param told of what is started here */
export async function queueNode(url: string, limits: QueueNodeLimits, told: Told<JobId>) {
  const { workers, queueDepth = 0, batchDepth = 10, handOffTimeoutMs = 100, isShared = false } = limits;
  const { log } = recordingLog();
  const node = randomUUID();
  const pool: Pool = connect(url, 5);
  const db = await openDatabase(pool);
  await migrateQueue(db);
  const notifier = new Notifier(pool);
  const queue = await BossQueue.open(pool, true, () => notifier.tell(CHANNELS.work), log);
  const store = new PostgresJobStore(db, node, queue);
  const crew = new FakeCrew(workers, told);
  crew.store = store;
  const registry = await NodeRegistry.enter(
    pool,
    node,
    'all',
    () => ({ slots: crew.workers, decoder: DECODER, typicalRunMs: null }),
    log,
  );
  const admission = new Admission(pool, node, { queueDepth, batchDepth, handOffTimeoutMs, isShared });
  const feeder = new Feeder(queue, crew, { idle: () => notifier.tell(CHANNELS.room), ended: () => {} }, log);
  let began: () => void = () => {};
  const listens = new Promise<void>((resolve) => {
    began = resolve;
  });
  const channels = { [CHANNELS.work]: () => feeder.wake(), [CHANNELS.room]: () => admission.advance() };
  const listener = new Listener(url, { channels, began: () => began() }, log);
  await listens;
  return {
    store,
    queue,
    admission,
    crew,
    db,
    registry,
    finish: async (job: JobId) => {
      await crew.finish(job);
      feeder.wake();
    },
    wake: () => feeder.wake(),
    /** As if its process was stopped. */
    stopFeeding: async () => {
      await feeder.close();
      feeder.end();
    },
    close: () => admission.close(),
    dispose: async () => {
      admission.close();
      await listener.close();
      await feeder.close();
      feeder.end();
      await registry.leave();
      await notifier.close();
      await queue.close();
      await store.close();
    },
  };
}

export type QueueNode = Awaited<ReturnType<typeof queueNode>>;
