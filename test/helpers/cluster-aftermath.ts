import { expect, vi } from 'vitest';
import { allJobs, type JobWithRuns, leftInScratch, SPARES, VARIANTS } from './aftermath.ts';
import type { Cluster } from './cluster.ts';
import { eventually } from './eventually.ts';
import { filesBelow } from './files-below.ts';
import { readyWorkers } from './processes.ts';
import type { RunningService } from './service.ts';
import { type Accepted, endOf } from './upload.ts';

/** A loaded machine, with leases that have to run out. */
const PATIENCE_MS = 60_000;

/** Longer than an answer from S3 takes. */
const CLEARED_MS = 10_000;

/** All jobs, when none waits or runs any more. */
export function endedJobs({ api }: Cluster): Promise<JobWithRuns[]> {
  return eventually(
    'every job to end',
    async () => {
      const all = await allJobs(api);
      return all.every(({ status }) => status !== 'queued' && status !== 'running') && all;
    },
    PATIENCE_MS,
  );
}

/**
 * What must hold after any fault among nodes, when the dust has settled: each accepted upload has exactly one end, what the
 * bucket holds is what the records name, and every node is ready, with its workers and nothing left over.
 * @returns all jobs by the id of their image
 */
export async function expectClusterWhole(
  cluster: Cluster,
  accepted: readonly Accepted[],
): Promise<Map<string, JobWithRuns>> {
  for (const upload of accepted) await endOf(cluster.api, upload);
  const jobs = await endedJobs(cluster);
  const byImage = new Map(jobs.map((job) => [job.imageId, job]));
  expect(byImage.size, 'one job an image').toBe(jobs.length);
  for (const { id } of accepted) expect(byImage.has(id), `accepted ${id} is there`).toBe(true);
  for (const { id, runs } of jobs) {
    const successes = runs.filter(({ outcome }) => outcome === 'succeeded');
    expect(successes.length, `successful runs of ${id}`).toBeLessThanOrEqual(1);
    expect(
      runs.filter(({ outcome }) => outcome === null),
      `runs of ${id} without an end`,
    ).toEqual([]);
  }
  const deleted = new Set((await cluster.rows('select id from deleted_images')).map(({ id }) => id));
  const kept = jobs.filter(({ imageId }) => !deleted.has(imageId));
  await vi.waitFor(async () => expectBucket(await cluster.keys(), kept), CLEARED_MS);
  for (const node of cluster.nodes) await expectNodeWhole(node);
  for (const node of cluster.workers) await expectWorkersWhole(node);
  return byImage;
}

/** Only what is published and accepted is in the bucket. */
function expectBucket(keys: readonly string[], jobs: readonly JobWithRuns[]): void {
  const found = new Map<string, number>();
  // Of an original its key, of a set its folder.
  for (const key of keys) {
    const name = key.split('/').slice(0, 2).join('/');
    found.set(name, (found.get(name) ?? 0) + 1);
  }
  const published = jobs.flatMap(({ runs }) => runs.filter(({ outcome }) => outcome === 'succeeded'));
  const wanted: [string, number][] = [
    ...jobs.map(({ imageId }): [string, number] => [`originals/${imageId}`, 1]),
    ...published.map(({ id }): [string, number] => [`variants/${id}`, VARIANTS]),
  ];
  expect([...found].sort(), 'objects').toEqual(wanted.sort());
}

async function expectNodeWhole(node: RunningService): Promise<void> {
  await eventually('readiness', async () => (await node.fetch('/readyz')).status === 200);
  await eventually('an empty spool', async () => (await filesBelow(`${node.folder}/spool`)).length === 0);
}

async function expectWorkersWhole(node: RunningService): Promise<void> {
  await vi.waitFor(async () => expect(await leftInScratch(node.folder), 'scratch').toEqual([]), CLEARED_MS);
  await eventually('a whole pool', async () => {
    const ready = await readyWorkers(node);
    return ready.length === 1 + SPARES && (await node.workerPids()).length === ready.length;
  });
}

/** Ends all nodes with SIGTERM: clean, nobody counts as alive any more, and nothing is in the queue. */
export async function expectCleanEnds(cluster: Cluster): Promise<void> {
  for (const node of [...cluster.nodes])
    expect(await cluster.end(node, 'SIGTERM')).toEqual({ code: 0, signal: null });
  // One that was killed a moment ago counts for some seconds.
  const alive = "select role from nodes where seen_at > clock_timestamp() - interval '5 seconds'";
  await eventually('no node', async () => (await cluster.rows(alive)).length === 0);
  const live = "select name, singleton_key, state from pgboss.job where state <= 'active'";
  expect(await cluster.rows(live), 'the queue').toEqual([]);
}
