/**
 * One node among others whose jobs do nothing, as a process of its own: all of its coordination is that of the service. Started
 * with `api CLIENTS` or `worker RUNS`, and the address of a database; told what to do, and telling what it was, by IPC.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Pool } from 'pg';
import { newRunId } from '../../../shared/domain/ids.ts';
import type { JobStore } from '../../../shared/jobs/job-store.ts';
import type { Work } from '../../../shared/jobs/records.ts';
import { needOf, newUpload, succeeded } from '../../helpers/job-records.ts';
import { openQueueNode } from '../../helpers/queue-node.ts';

const [role = '', count = '', url = ''] = process.argv.slice(2);

/** What a node has done and what it took. */
export interface NodeFigures {
  jobs: number;
  cpuMs: number;
  /** Times that it has asked the database. */
  roundTrips: number;
  /** From the commit that accepts to the start of the run, milliseconds. */
  startMs: number[];
}

const figures: NodeFigures = { jobs: 0, cpuMs: 0, roundTrips: 0, startMs: [] };
let cpuBefore = process.cpuUsage();

function countRoundTrips(pool: Pool): void {
  pool.on('connect', (client) => {
    const { query } = client;
    client.query = ((...args: Parameters<typeof query>) => {
      figures.roundTrips++;
      return query.apply(client, args);
    }) as typeof query;
  });
}

/** Takes each job through its two transactions, and makes nothing. */
function doNothing(store: () => JobStore) {
  return async ({ jobId, lease, requestId }: Work) => {
    const start = {
      runId: newRunId(),
      jobId,
      workerPid: process.pid,
      at: Date.now(),
      ...(lease && { lease }),
    };
    await store().startRun(start);
    const acceptedAt = Number(requestId);
    if (acceptedAt > 0) figures.startMs.push(performance.timeOrigin + performance.now() - acceptedAt);
    await store().finishRun({ ...succeeded(start), at: Date.now(), ...(lease && { lease }) });
    figures.jobs++;
    return [jobId];
  };
}

const node = await openQueueNode(url, {
  role: role === 'api' ? 'api' : 'worker',
  workers: role === 'worker' ? Number(count) : 0,
  limits: { queueDepth: 100, batchDepth: 1_000, handOffTimeoutMs: 5_000, isShared: false },
  run: doNothing(() => node.store),
  prepare: countRoundTrips,
});

let accepting = false;

/** Uploads one after the other, without HTTP, bytes and files. */
async function client(pauseMs: number): Promise<void> {
  while (accepting) {
    const upload = newUpload();
    const room = await node.admission.reserve({ ...needOf(upload.image), isBatch: false });
    if (typeof room === 'string') {
      await sleep(5);
      continue;
    }
    const now = performance.timeOrigin + performance.now();
    const job = await node.store.acceptUpload({ ...upload, requestId: String(now), pipelineVersion: 1 });
    if (typeof job === 'string') throw new Error(job);
    room.submit({
      ...upload,
      ...upload.image,
      jobId: job.id,
      imageId: upload.image.id,
      format: 'png',
      isSuspect: false,
    });
    figures.jobs++;
    if (pauseMs > 0) await sleep(pauseMs);
  }
}

let clients: Promise<unknown> = Promise.resolve();
process.on('message', async (told: { begin?: { pauseMs: number }; count?: true; end?: true }) => {
  if (told.begin && role === 'api') {
    accepting = true;
    const { pauseMs } = told.begin;
    clients = Promise.all(Array.from({ length: Number(count) }, () => client(pauseMs)));
  }
  if (told.count) {
    const { user, system } = process.cpuUsage(cpuBefore);
    process.send?.({ ...figures, cpuMs: (user + system) / 1000 });
    cpuBefore = process.cpuUsage();
    Object.assign(figures, { jobs: 0, roundTrips: 0, startMs: [] });
  }
  if (told.end) {
    accepting = false;
    await clients;
    await node.dispose();
    process.disconnect();
  }
});
process.send?.('ready');
