import { spawnSync } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import { allJobs, duringRun, expectCleanEnd, expectWhole, outcomesOf } from '../helpers/aftermath.ts';
import { filesBelow } from '../helpers/files-below.ts';
import { bytesOf, imageOf } from '../helpers/image-answer.ts';
import { sha256Of } from '../helpers/job-records.ts';
import { ownFolder } from '../helpers/own-folder.ts';
import { paddedPicture } from '../helpers/padded-picture.ts';
import { expectProblem } from '../helpers/problem-answer.ts';
import { freezeWorkers, thaw } from '../helpers/processes.ts';
import { PROFILE } from '../helpers/profile.ts';
import { type RunningService, startService } from '../helpers/service.ts';
import { fillDisk, makeRoom, startOnSmallDisk, whyNotOnSmallDisk } from '../helpers/small-disk.ts';
import { storesOf } from '../helpers/stores.ts';
import { TusRequests } from '../helpers/tus-requests.ts';
import { postImage, upload } from '../helpers/upload.ts';

const SMALL = 'testdata/images/testimage_small.jpg';

/** More than the log of the database takes in a test. */
const LIMIT = 768 * 1024;

/** It takes a while until there is room again, and meanwhile a job is tried again and again. */
const PATIENT = { MAX_ATTEMPTS: '100' };

const HAS_PRLIMIT = spawnSync('prlimit', [`--fsize=${LIMIT}:`, 'true']).status === 0;

/** Elsewhere, only what is spooled and staged can find no room there. */
const ON_ITS_DISK = PROFILE === 'embedded';

/** The service can make no file of more bytes: to it that is a full disk, and to its workers nothing. */
function limitFiles({ pid }: RunningService, bytes: number | 'unlimited'): void {
  const { status, stderr } = spawnSync('prlimit', [`--pid=${pid}`, `--fsize=${bytes}:`], {
    encoding: 'utf8',
  });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
}

/** A picture so full of noise that its large variants are beyond {@link LIMIT}, and that takes no longer to make than it must. */
async function noise(): Promise<string> {
  const path = join(await ownFolder(), 'noise.jpg');
  const pixels = { type: 'gaussian', mean: 128, sigma: 80 } as const;
  const create = { width: 1_200, height: 1_200, channels: 3, background: 'grey', noise: pixels } as const;
  await sharp({ create }).jpeg({ quality: 90 }).toFile(path);
  return path;
}

/** @returns files of uploads and of variants; the database is none, nor what fills the disk */
async function kept({ folder }: RunningService): Promise<string[]> {
  const stores = await storesOf({ folder });
  const files = [filesBelow(join(folder, 'spool')), stores.originals(), stores.published()];
  return (await Promise.all(files)).flat();
}

test.skipIf(!HAS_PRLIMIT)(
  'an upload that finds no room is refused at whatever byte, and nothing of it is left',
  async () => {
    await using service = await startService();
    const large = await noise();
    const { size } = await stat(large);
    // The last one is written but for its last byte: the system says so by a number, and not by an error.
    for (const limit of [LIMIT, size - 1]) {
      limitFiles(service, limit);
      await expectProblem(await postImage(service, large), 'disk_full');
      expect(await kept(service)).toEqual([]);
      expect(await allJobs(service)).toEqual([]);
    }
    limitFiles(service, 'unlimited');
    const jobs = await expectWhole(service, [await upload(service, large)]);
    for (const job of jobs.values()) expect(outcomesOf(job)).toEqual(['succeeded']);
    await expectCleanEnd(service);
  },
);

test.skipIf(!HAS_PRLIMIT)(
  'an upload by tus that finds no room says how far it is, and goes on when there is some',
  async () => {
    await using service = await startService({ env: { N_WORKERS: '1' } });
    const tus = new TusRequests(service);
    const picture = new Uint8Array(await paddedPicture(3_000_000));
    const url = await tus.opened(picture.length);
    expect((await tus.add(url, 0, picture.subarray(0, 1_500_000))).status).toBe(204);
    limitFiles(service, LIMIT);
    await expectProblem(await tus.add(url, 1_500_000, picture.subarray(1_500_000)), 'disk_full');
    expect(await tus.offsetOf(url)).toBe(1_500_000);
    limitFiles(service, 'unlimited');
    const whole = await tus.add(url, 1_500_000, picture.subarray(1_500_000));
    expect(whole.headers.get('darkroom-image')).toMatch(/^\/images\//);
    expect(await filesBelow(join(service.folder, 'spool'))).toEqual([]);
    expect(await (await storesOf(service)).parts()).toEqual(new Map());
  },
);

test.skipIf(!HAS_PRLIMIT || !ON_ITS_DISK)(
  'a run whose variants find no room is made again, and nothing half is left meanwhile',
  async () => {
    // Made before: a worker that stands still for too long is given up.
    const large = await noise();
    await using service = await startService({ env: PATIENT });
    const workers = await freezeWorkers(service);
    const accepted = await upload(service, large);
    await duringRun(service, accepted, 1);
    limitFiles(service, LIMIT);
    for (const pid of workers) thaw(pid);
    const settled = await service.logged('run settled');
    expect(settled).toMatchObject({ outcome: 'errored', failure: 'storage_error', status: 'queued' });
    expect(await filesOfRun(service, String(settled.runId))).toEqual([]);

    limitFiles(service, 'unlimited');
    const [job] = (await expectWhole(service, [accepted])).values();
    const outcomes = outcomesOf(job ?? { runs: [] });
    expect(outcomes.pop()).toBe('succeeded');
    for (const outcome of outcomes) expect(outcome).toBe('errored');
    for (const variant of (await imageOf(service, accepted)).variants)
      expect(sha256Of(await bytesOf(service, variant)), variant.url).toBe(variant.sha256);
    await expectCleanEnd(service);
  },
  60_000,
);

async function filesOfRun(service: RunningService, run: string): Promise<string[]> {
  return (await (await storesOf(service)).published()).filter((path) => path.includes(run));
}

test.skipIf(!ON_ITS_DISK)(
  'a disk without a free block keeps nothing of an upload, nor one without a block for its record',
  async (context) => {
    const whyNot = await whyNotOnSmallDisk();
    context.skip(whyNot !== null, whyNot ?? '');
    await using service = await startOnSmallDisk();
    const { size } = await stat(SMALL);
    for (const room of [0, size]) {
      await fillDisk(service, room);
      await expectProblem(await postImage(service, SMALL), 'disk_full');
      expect(await kept(service)).toEqual([]);
      expect(await allJobs(service)).toEqual([]);
      await makeRoom(service);
    }
    const fault = service.lines.filter(({ msg }) => msg === 'a store failed').map(({ err }) => err);
    expect(fault).toMatchObject([
      { message: expect.stringContaining('ENOSPC') },
      { message: expect.stringContaining('full') },
    ]);
    await expectWhole(service, [await upload(service, SMALL)]);
    await expectCleanEnd(service);
  },
);

test.skipIf(!ON_ITS_DISK)(
  'the end of a run that finds no room in the database is recorded when there is',
  async (context) => {
    const whyNot = await whyNotOnSmallDisk();
    context.skip(whyNot !== null, whyNot ?? '');
    await using service = await startOnSmallDisk(PATIENT);
    const workers = await freezeWorkers(service);
    const accepted = await upload(service, SMALL);
    await duringRun(service, accepted, 1);
    await fillDisk(service);
    for (const pid of workers) thaw(pid);
    await service.logged('the end of a run could not be recorded');
    await makeRoom(service);

    const [job] = (await expectWhole(service, [accepted])).values();
    const outcomes = outcomesOf(job ?? { runs: [] });
    expect(outcomes[0]).toBe('errored');
    expect(outcomes.at(-1)).toBe('succeeded');
    await expectCleanEnd(service);
  },
);
