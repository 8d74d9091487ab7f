/**
 * What the death of a worker costs: throughput with a worker killed every two seconds against throughput without, in turn
 * in one run on the same pictures; and the time from a worker's `close` to the next hand-off. `npm run bench:kills`.
 */
import { availableParallelism } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { z } from 'zod';
import { JobWithRuns } from '../helpers/aftermath.ts';
import { signal } from '../helpers/processes.ts';
import { type RunningService, startService } from '../helpers/service.ts';
import { uniqueTrailer } from '../helpers/unique-bytes.ts';
import { percentiles } from '../load/statistics.ts';
import { handOffsAfterDeath } from './hand-off-after-death.ts';

const ROUNDS = 5;
const UPLOADS = 300;
const KILL_EVERY_MS = 2_000;
const DEATHS = 100;
const WORKERS = availableParallelism();

const PICTURE = fileURLToPath(new URL('../../testdata/images/testimage_medium.jpg', import.meta.url));
/** As wide as makes it about 100 ms of work for a worker among others that are at work. */
const WIDTH = 900;
const photo = await sharp(PICTURE).resize({ width: WIDTH }).jpeg().toBuffer();

const Page = z.object({ jobs: z.array(z.object({ id: z.string() })) });

async function send(service: RunningService): Promise<void> {
  const body = Buffer.concat([photo, uniqueTrailer()]);
  const headers = { 'content-type': 'image/jpeg', prefer: 'wait=60' };
  const answer = await service.fetch('/upload', { method: 'POST', body, headers });
  const { status } = z.object({ status: z.string() }).parse(await answer.json());
  if (status !== 'succeeded') throw new Error(`an upload ended as ${answer.status} ${status}`);
}

/** Uploads a second, with always more on their way than there are workers. */
async function throughput(service: RunningService): Promise<number> {
  let left = UPLOADS;
  const begin = performance.now();
  const client = async () => {
    while (left-- > 0) await send(service);
  };
  await Promise.all(Array.from({ length: 2 * WORKERS }, client));
  return (UPLOADS / (performance.now() - begin)) * 1000;
}

/** A worker that has a run. */
async function oneAtWork(service: RunningService): Promise<number | undefined> {
  const page = Page.parse(await (await service.fetch('/jobs?status=running&limit=1')).json());
  const [running] = page.jobs;
  if (!running) return undefined;
  const job = JobWithRuns.parse(await (await service.fetch(`/jobs/${running.id}`)).json());
  return job.runs.find(({ outcome }) => outcome === null)?.workerPid;
}

async function throughputWithKills(service: RunningService): Promise<{ rate: number; kills: number }> {
  const over = new AbortController();
  let kills = 0;
  const killing = async () => {
    while (!over.signal.aborted) {
      await sleep(KILL_EVERY_MS, undefined, { signal: over.signal }).catch(() => {});
      const victim = over.signal.aborted ? undefined : await oneAtWork(service);
      if (victim === undefined) continue;
      signal(victim, 'SIGKILL');
      kills++;
    }
  };
  const killer = killing();
  const rate = await throughput(service);
  over.abort();
  await killer;
  return { rate, kills };
}

const median = (values: readonly number[]): number => percentiles(values)?.p50 ?? Number.NaN;

async function compare(): Promise<void> {
  await using service = await startService({
    env: { N_WORKERS: String(WORKERS), QUEUE_DEPTH: String(4 * WORKERS) },
  });
  await throughput(service);
  const ratios: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const without = await throughput(service);
    const { rate, kills } = await throughputWithKills(service);
    ratios.push(rate / without);
    const perPicture = (WORKERS / without) * 1000;
    process.stdout.write(
      `without kills ${without.toFixed(1)}/s (${perPicture.toFixed(0)} ms a picture and worker), ` +
        `with ${kills} kills ${rate.toFixed(1)}/s\n`,
    );
  }
  process.stdout.write(
    `with a worker killed every ${KILL_EVERY_MS / 1000} s against without: ` +
      `${median(ratios).toFixed(2)} (median of ${ROUNDS})\n`,
  );
}

await compare();
const times = percentiles(await handOffsAfterDeath(PICTURE, DEATHS));
process.stdout.write(
  `from the close of a worker to the next hand-off: ${times?.p50.toFixed(1)} ms at the median, ` +
    `${times?.p95.toFixed(1)} ms at p95, ${times?.max.toFixed(1)} ms at most (${DEATHS} deaths)\n`,
);
