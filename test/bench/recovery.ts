/**
 * The start of a service with ten thousand jobs that wait: how long until it listens and is ready, and how uploads fare
 * while the jobs drain. `npm run bench:recovery [-- node|bun]`.
 */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SqliteJobStore } from '../../shared/jobs/sqlite/sqlite-job-store.ts';
import { DiskStorage } from '../../shared/storage/disk/disk-storage.ts';
import { eventually } from '../helpers/eventually.ts';
import { dataFolder, type RunningService, spawnService } from '../helpers/service.ts';
import { upload } from '../helpers/upload.ts';
import { percentiles } from '../load/statistics.ts';
import { addWaitingJobs } from './waiting-jobs.ts';

const JOBS = 10_000;
const UPLOADS = 20;
const STARTS = 3;

const runtime = process.argv[2] === 'bun' ? 'bun' : 'node';
const PICTURE = fileURLToPath(new URL('../../testdata/images/testimage_small.jpg', import.meta.url));

async function fill(folder: string): Promise<void> {
  await DiskStorage.open(folder);
  const store = await SqliteJobStore.open(join(folder, 'darkroom.db'));
  await addWaitingJobs(store, folder, PICTURE, JOBS);
  await store.close();
}

const seconds = (ms: number): string => `${(ms / 1000).toFixed(2)} s`;

const runsEnded = (service: RunningService): number =>
  service.lines.filter(({ msg }) => msg === 'run settled').length;

async function start(folder: string): Promise<void> {
  const begin = performance.now();
  await using service = await spawnService(folder, { folder, runtime });
  const { url } = await service.logged('listening');
  const listens = performance.now() - begin;
  Object.assign(service, { url });
  await eventually('readiness', async () => (await service.fetch('/readyz')).status === 200);
  const ready = performance.now() - begin;
  const { queued } = await service.logged('recovered');

  const waits: number[] = [];
  for (let number = 0; number < UPLOADS; number++) {
    const sent = performance.now();
    await upload(service, PICTURE);
    waits.push(performance.now() - sent);
  }
  const accepted = percentiles(waits);
  process.stdout.write(
    `${runtime}: ${queued} jobs wait; listening after ${seconds(listens)}, ready after ${seconds(ready)}; ` +
      `${UPLOADS} uploads accepted meanwhile, with retries ${accepted?.p50.toFixed(0)} ms at the median and ` +
      `${accepted?.max.toFixed(0)} ms at most; ${runsEnded(service)} runs in ${seconds(performance.now() - begin)}\n`,
  );
}

const folder = await dataFolder();
try {
  await fill(folder);
  for (let number = 0; number < STARTS; number++) await start(folder);
} finally {
  await rm(folder, { recursive: true });
}
