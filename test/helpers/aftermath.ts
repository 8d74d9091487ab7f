import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, vi } from 'vitest';
import { z } from 'zod';
import { descriptorsOf } from './descriptors.ts';
import { eventually } from './eventually.ts';
import { imageOf } from './image-answer.ts';
import { gone, readyWorkers } from './processes.ts';
import type { RunningService } from './service.ts';
import { Leftovers, storesOf } from './stores.ts';
import { type Accepted, endOf } from './upload.ts';

/** The default preset: three sizes, each in two formats. */
export const VARIANTS = 6;

/** One more process than may run at once. */
export const SPARES = 1;

const Run = z.looseObject({
  id: z.string(),
  workerPid: z.number(),
  outcome: z.string().nullable(),
  signal: z.string().nullable(),
});

export const JobWithRuns = z.looseObject({
  id: z.string(),
  imageId: z.string(),
  status: z.string(),
  failure: z.string().nullable(),
  runs: z.array(Run),
});
export type JobWithRuns = z.infer<typeof JobWithRuns>;

const Page = z.object({ jobs: z.array(z.looseObject({ id: z.string() })), next: z.string().nullable() });

export async function jobOf(service: RunningService, { links }: Accepted): Promise<JobWithRuns> {
  return JobWithRuns.parse(await (await service.fetch(links.job)).json());
}

/** The job of an upload while its run of this number, counted from 1, goes on: its worker has been handed it. */
export async function duringRun(
  service: RunningService,
  accepted: Accepted,
  number: number,
): Promise<JobWithRuns> {
  const { bytes } = (await imageOf(service, accepted)).source;
  return eventually(`run ${number} of ${accepted.links.job}`, async () => {
    const run = (await jobOf(service, accepted)).runs[number - 1];
    if (!run || !(await isStaged(service, run.id, bytes))) return false;
    // The service stages the input and then, before it turns to anything else, hands over: this answer comes later.
    const job = await jobOf(service, accepted);
    return job.runs.length === number && job.runs.at(-1)?.outcome === null && job;
  });
}

/** Whether the input of a run lies in the folder of its worker, with all its bytes. */
async function isStaged({ folder }: RunningService, run: string, bytes: number): Promise<boolean> {
  const scratch = join(folder, 'scratch');
  const inputs = (await readdir(scratch)).map(async (worker) => {
    const input = await stat(join(scratch, worker, 'in', run, 'input')).catch(() => null);
    return input?.size === bytes;
  });
  return (await Promise.all(inputs)).includes(true);
}

/** What a service has found of the life before: it says so itself, but for a node of many. */
export async function foundAtStart(service: RunningService): Promise<Leftovers> {
  return service.found ?? Leftovers.parse(await service.logged('recovered'));
}

/** The worker that has the last run of an upload. */
export function workerOf({ runs }: JobWithRuns): number {
  const run = runs.at(-1);
  if (!run) throw new Error('the job has no run');
  return run.workerPid;
}

/** How the runs of a job ended, the first one first: `interrupted SIGKILL`, `succeeded`. */
export const outcomesOf = ({ runs }: Pick<JobWithRuns, 'runs'>): string[] =>
  runs.map((run) => [run.outcome, run.signal].filter((part) => part !== null).join(' '));

export async function allJobs(service: RunningService): Promise<JobWithRuns[]> {
  const jobs: JobWithRuns[] = [];
  for (let query: string | null = 'limit=200'; query !== null; ) {
    const page = Page.parse(await (await service.fetch(`/jobs?${query}`)).json());
    query = page.next && `limit=200&cursor=${page.next}`;
    const found = page.jobs.map(async ({ id }) => (await service.fetch(`/jobs/${id}`)).json());
    jobs.push(...(await Promise.all(found)).map((job) => JobWithRuns.parse(job)));
  }
  return jobs;
}

/**
 * What must hold after any crash, as soon as the dust has settled: each accepted upload has exactly one end, what is
 * published is what the records say, no file or descriptor is left over, and the pool is whole.
 * @returns all jobs of the service by the id of their image
 */
export async function expectWhole(
  service: RunningService,
  accepted: readonly Accepted[],
  workers = 2,
): Promise<Map<string, JobWithRuns>> {
  for (const upload of accepted) await endOf(service, upload);
  const jobs = await eventually('every job to end', async () => {
    const all = await allJobs(service);
    return all.every(({ status }) => status !== 'queued' && status !== 'running') && all;
  });
  const byImage = new Map(jobs.map((job) => [job.imageId, job]));
  expect(byImage.size, 'one job an image').toBe(jobs.length);
  for (const { id } of accepted) expect(byImage.has(id), `accepted ${id} is there`).toBe(true);
  for (const { id, status, runs } of jobs) {
    const successes = runs.filter(({ outcome }) => outcome === 'succeeded');
    expect(successes.length, `successful runs of ${id}`).toBe(status === 'succeeded' ? 1 : 0);
    expect(
      runs.filter(({ outcome }) => outcome === null),
      `runs of ${id} without an end`,
    ).toEqual([]);
  }
  await expectFiles(service, jobs);
  await eventually('readiness', async () => (await service.fetch('/readyz')).status === 200);
  await eventually('a whole pool', async () => {
    const ready = await readyWorkers(service);
    return ready.length === workers + SPARES && (await service.workerPids()).length === ready.length;
  });
  await vi.waitFor(
    async () =>
      expect(await workerFolders(service.folder), 'folders of workers').toHaveLength(workers + SPARES),
    5_000,
  );
  await vi.waitFor(async () => expect(await leftOpen(service), 'descriptors').toEqual([]), 5_000);
  return byImage;
}

/** What the service has open that it had not when it became ready. */
async function leftOpen({ pid, descriptors }: RunningService): Promise<string[]> {
  if (!descriptors) return [];
  const before = [...descriptors];
  return (await descriptorsOf(pid)).filter((open) => {
    const place = before.indexOf(open);
    if (place >= 0) before.splice(place, 1);
    return place < 0;
  });
}

/** Only what is published and accepted is kept. */
async function expectFiles(service: RunningService, jobs: readonly JobWithRuns[]): Promise<void> {
  const { folder } = service;
  const stores = await storesOf(service);
  // Of a life that was cut; where it is not swept at the start, but when it is old.
  if (service.found) await stores.sweep();
  const published = jobs.flatMap(({ runs }) => runs.filter(({ outcome }) => outcome === 'succeeded'));
  const wanted = new Map(published.map((run) => [run.id, VARIANTS]));
  const found = new Map<string, number>();
  for (const path of await stores.published()) {
    const run = path.split('/')[0] ?? '';
    found.set(run, (found.get(run) ?? 0) + 1);
  }
  expect([...found].sort(), 'published folders and their files').toEqual([...wanted].sort());
  const originals = await stores.originals();
  expect(originals.sort(), 'originals').toEqual(jobs.map(({ imageId }) => imageId).sort());
  expect(await readdir(join(folder, 'spool')), 'spool').toEqual([]);
  // A run's scratch is removed after its end is recorded.
  await vi.waitFor(async () => expect(await leftInScratch(folder), 'scratch').toEqual([]), 5_000);
}

export async function leftInScratch(folder: string): Promise<string[]> {
  const entries = await readdir(join(folder, 'scratch'), { recursive: true });
  // The folder that faulty workers keep notes in, the lock, and what each worker has.
  return entries.filter(
    (entry) => !/^(?:idle(?:\/.*)?|\.lock|[\da-f-]{36}(?:\/(?:in|out|tmp|taken))?)$/.test(entry),
  );
}

const workerFolders = async (folder: string): Promise<string[]> =>
  (await readdir(join(folder, 'scratch'))).filter((name) => name.length === 36);

/** Ends it with SIGTERM, as every test ends what it started: clean, and nobody is left. */
export async function expectCleanEnd(service: RunningService): Promise<void> {
  const workers = await service.workerPids();
  service.process.kill('SIGTERM');
  expect(await service.exited).toEqual({ code: 0, signal: null });
  await gone(workers);
}
