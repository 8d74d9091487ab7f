import { randomUUID } from 'node:crypto';
import type { Pool } from 'pg';
import { type JobId, newRunId } from '../../shared/domain/ids.ts';
import type { JobStore } from '../../shared/jobs/job-store.ts';
import { PostgresJobStore } from '../../shared/jobs/postgres/postgres-job-store.ts';

import type { Lane, RunStart, Work } from '../../shared/jobs/records.ts';

import type { Tables } from '../../shared/jobs/schema/tables.ts';

import { connect } from '../../shared/postgres/connect.ts';
import { DatabaseClock } from '../../shared/postgres/database-clock.ts';
import { Listener } from '../../shared/postgres/listener.ts';
import { Notifier } from '../../shared/postgres/notifier.ts';
import { Sessions } from '../../shared/postgres/sessions.ts';
import { Admission, type AdmissionLimits } from '../../shared/queue/postgres/admission.ts';
import { BossQueue } from '../../shared/queue/postgres/boss-queue.ts';
import { CHANNELS } from '../../shared/queue/postgres/channels.ts';
import { NodeRegistry } from '../../shared/queue/postgres/nodes.ts';
import { prepareDatabase } from '../../shared/queue/postgres/prepare-database.ts';
import type { Crew } from '../../shared/queue/work-source.ts';
import { Feeder } from '../../workers/supervisor/feeder.ts';
import { DECODER, succeeded } from './job-records.ts';
import { recordingLog } from './recording-log.ts';
import type { Told } from './told.ts';

/** Runs that begin and end when the test says so, and of which the store is told as of real ones. */
class FakeCrew {
  readonly told: Told<JobId>;
  readonly running = new Map<JobId, { start: RunStart; end: () => void }>();

  constructor(told: Told<JobId>) {
    this.told = told;
  }

  async run({ jobId, lease }: Work, store: JobStore): Promise<JobId[]> {
    const ended = Promise.withResolvers<void>();
    const start = { runId: newRunId(), jobId, workerPid: 42, at: 2_000, ...(lease && { lease }) };
    this.running.set(jobId, { start, end: ended.resolve });
    const history = await store.startRun(start);
    if (history) {
      this.told.push(jobId);
      await ended.promise;
    }
    this.running.delete(jobId);
    return history ? [jobId] : [];
  }

  async finish(job: JobId, store: JobStore): Promise<void> {
    const run = this.running.get(job);
    if (!run) throw new Error('it does not run here');
    await store.finishRun({ ...succeeded(run.start), ...(run.start.lease && { lease: run.start.lease }) });
    run.end();
  }
}

export interface QueueNodeLimits {
  workers: number;
  queueDepth?: number;
  batchDepth?: number;
  handOffTimeoutMs?: number;
  isShared?: boolean;
}

export interface QueueNodeOptions {
  role: 'api' | 'worker' | 'all';
  /** How many jobs run at once. */
  workers: number;
  limits: AdmissionLimits;
  run: Crew['run'];
  /** Sees the pool before anybody uses it. */
  prepare?(pool: Pool): void;
}

/** A node as it is among others, but for its processes and files. */
export async function openQueueNode(url: string, options: QueueNodeOptions) {
  const { role, limits, run } = options;
  const { log } = recordingLog();
  const node = randomUUID();
  const pool = connect(url, 10);
  options.prepare?.(pool);
  await prepareDatabase(url);
  const sessions = new Sessions<Tables>(pool);
  const notifier = new Notifier(pool);
  const clock = new DatabaseClock();
  const wake = (lane: Lane) => notifier.tell(CHANNELS.work, lane);
  const queue = await BossQueue.open(pool, role !== 'api', wake, log, clock);
  const store = new PostgresJobStore(sessions, node, queue);
  let { workers } = options;
  let running = 0;
  const crew: Crew = {
    get vacancies() {
      return workers - running;
    },
    run: async (work) => {
      running++;
      try {
        return await run(work);
      } finally {
        running--;
        feeder?.wake();
      }
    },
  };
  const state = () => ({ slots: workers, publishing: [], decoder: DECODER, typicalRunMs: null });
  const registry = await NodeRegistry.enter(pool, node, role, state, clock, log);
  const admission = new Admission(pool, node, limits);
  const tellRoom = () => notifier.tell(CHANNELS.room);
  const feeder = role === 'api' ? null : new Feeder(queue, crew, { idle: tellRoom, ended: () => {} }, log);
  const began = Promise.withResolvers<void>();
  const listeners = new Set<(lanes: string) => void>();
  const channels = {
    [CHANNELS.work]: (lanes: string) => {
      feeder?.workCame(lanes);
      for (const listener of listeners) listener(lanes);
    },
    [CHANNELS.room]: () => admission.advance(),
  };
  const listener = new Listener(url, { channels, began: began.resolve }, log);
  await began.promise;
  return {
    store,
    queue,
    admission,
    sessions,
    registry,
    wake: () => feeder?.wake(),
    /** Resolves when this node is told the next time that there is work in a lane. */
    toldOf: (lane: Lane) =>
      new Promise<void>((resolve) => {
        const listener = (lanes: string) => {
          if (!lanes.split(' ').includes(lane)) return;
          listeners.delete(listener);
          resolve();
        };
        listeners.add(listener);
      }),
    /** From now on it has so many. */
    hire: (count: number) => {
      workers = count;
      feeder?.wake();
    },
    /** As if its process was stopped. */
    stopFeeding: async () => {
      await feeder?.close();
      feeder?.end();
    },
    close: () => admission.close(),
    dispose: async () => {
      admission.close();
      await listener.close();
      await feeder?.close();
      feeder?.end();
      await registry.leave();
      await notifier.close();
      await queue.close();
      await store.close();
    },
  };
}

/** A node whose workers do as the test says. @param told of what is started here */
export async function queueNode(url: string, limits: QueueNodeLimits, told: Told<JobId>) {
  const { workers, queueDepth = 0, batchDepth = 10, handOffTimeoutMs = 100, isShared = false } = limits;
  const crew = new FakeCrew(told);
  const node = await openQueueNode(url, {
    role: 'all',
    workers,
    limits: { queueDepth, batchDepth, handOffTimeoutMs, isShared },
    run: (work) => crew.run(work, node.store),
  });
  return { ...node, crew, finish: (job: JobId) => crew.finish(job, node.store) };
}

export type QueueNode = Awaited<ReturnType<typeof queueNode>>;
