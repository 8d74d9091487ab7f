import { join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { openDatabase } from '../../shared/jobs/sqlite/open.ts';
import { JFIF, jpeg, jpegFrameHeader } from '../fixtures/headers/jpeg.ts';
import { allOf } from '../helpers/all-of.ts';
import { type Change, type Watcher, watchFiles } from '../helpers/file-changes.ts';
import { filesBelow } from '../helpers/files-below.ts';
import { inlineJobStore } from '../helpers/inline-job-store.ts';
import { ownFolder } from '../helpers/own-folder.ts';
import { partsInProcess } from '../helpers/parts-in-process.ts';
import { expectProblem } from '../helpers/problem-answer.ts';
import { variantMaker } from '../helpers/variant-maker.ts';

vi.mock('node:fs/promises', async (original) => {
  const { watched } = await import('../helpers/file-changes.ts');
  return watched(await original());
});

const SMALL = Buffer.from(jpeg(JFIF, jpegFrameHeader(64, 48), 'small'));
/** Does not fit into memory while it is received. */
const LARGE = Buffer.concat([SMALL, Buffer.alloc(400_000, 'pixels')]);

/** What all uploads together may keep in memory: to be had only while nobody has any of it. */
const ALL_MEMORY = 8 * 2 ** 20;

/** A key that is kept by what is refused would keep out the upload that comes again. */
const KEY = { 'idempotency-key': '"once"' };

const VARIANTS = 6;

/** A disk that is full for its nth write, or from that one on. */
class FullDisk implements Watcher {
  writes = 0;
  /** It has refused what nothing else can take the place of. */
  wasFull = false;
  readonly #nth: number;
  readonly #lasts: boolean;

  constructor(nth: number, lasts: boolean) {
    this.#nth = nth;
    this.#lasts = lasts;
  }

  begins({ kind, path }: Change): void {
    const isOfWorker = path.includes('/out/');
    if (isOfWorker || kind === 'unlink' || kind === 'rmdir') return;
    this.writes++;
    if (this.#lasts ? this.writes < this.#nth : this.writes !== this.#nth) return;
    // Where no link can be made, a copy does.
    this.wasFull ||= kind !== 'link';
    throw noSpace();
  }
}

const noSpace = () => Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' });

const FULL = [
  { how: 'for one write', lasts: false },
  { how: 'from then on', lasts: true },
];

async function service() {
  const root = await ownFolder();
  const database = await openDatabase(join(await ownFolder(), 'jobs.db'));
  onTestFinished(() => database.raw.close());
  const store = inlineJobStore(database);
  const parts = await partsInProcess(root, store, variantMaker());
  return { root, database, store, ...parts };
}
type Service = Awaited<ReturnType<typeof service>>;

async function onFullDisk<T>(disk: FullDisk, work: () => Promise<T>): Promise<T> {
  watchFiles(disk);
  const end = await work();
  watchFiles({});
  return end;
}

describe.each(FULL)('a disk that is full $how', ({ lasts }) => {
  test.each([
    { name: 'small', bytes: SMALL, writes: 7 },
    { name: 'large', bytes: LARGE, writes: 8 },
  ])('refuses a $name upload at each of its writes, and nothing of it is left', async ({ bytes, writes }) => {
    for (let nth = 1; nth <= writes; nth++) {
      const it = await service();
      const refused = await onFullDisk(new FullDisk(nth, lasts), () => it.post(bytes, KEY));
      expect(refused.status, `at write ${nth}`).toBe(507);
      await expectNothingOf(it);
      expect((await it.post(bytes, KEY)).status, 'with room again').toBe(200);
    }
    const it = await service();
    const disk = new FullDisk(writes + 1, lasts);
    expect((await onFullDisk(disk, () => it.post(bytes, KEY))).status).toBe(200);
    expect(disk.writes, 'there are no more writes').toBe(writes);
  });

  test('fails a run at each of its writes: nothing half is left, and the next run succeeds', async () => {
    for (let nth = 1; ; nth++) {
      const it = await service();
      await it.post(SMALL);
      const [work] = it.queue.works;
      if (!work) throw new Error('nothing was handed over');
      const disk = new FullDisk(nth, lasts);
      const end = await onFullDisk(disk, () => it.run(work));
      if (disk.wasFull) {
        expect(end, `at write ${nth}`).toMatchObject({ kind: 'again' });
        const runs = [{ outcome: 'errored', failure: 'storage_error' }];
        expect(await it.store.findJob(work.jobId)).toMatchObject({ job: { state: 'queued' }, runs });
        expect(await allOf(it.storage.published(0)), `published at write ${nth}`).toEqual([]);
        expect(await filesBelow(join(it.root, 'scratch')), `scratch at write ${nth}`).toEqual([]);
        expect(await it.run(work), 'with room again').toMatchObject({ kind: 'ended' });
      }
      expect(await it.store.findJob(work.jobId)).toMatchObject({ job: { state: 'succeeded' } });
      expect(await allOf(it.storage.published(0))).toHaveLength(1);
      expect(await filesBelow(join(it.root, 'variants'))).toHaveLength(VARIANTS);
      if (disk.writes < nth) {
        expect(nth, 'each variant is a create, a write and a sync').toBeGreaterThan(3 * VARIANTS);
        break;
      }
    }
  });
});

test('a database without room refuses an upload, and its original is removed', async () => {
  const it = await service();
  const { raw } = it.database;
  raw.exec(`PRAGMA max_page_count = ${raw.prepare('PRAGMA page_count').get()?.page_count}`);
  let accepted = 0;
  // What is there of its pages is used up first.
  for (; ; accepted++) {
    const answer = await it.post(Buffer.from(`${SMALL.toString('latin1')} ${accepted}`, 'latin1'));
    if (answer.status === 200) continue;
    await expectProblem(answer, 'disk_full');
    break;
  }
  expect((await allOf(it.storage.originals(0))).length).toBe(accepted);
  expect((await it.store.listJobs({ limit: 1_000 })).jobs).toHaveLength(accepted);
  expect(it.queue.works).toHaveLength(accepted);
  expect(it.queue.held, 'reservations').toBe(0);
});

async function expectNothingOf({ root, store, queue, spoolMemory }: Service): Promise<void> {
  expect(await filesBelow(root)).toEqual([]);
  expect((await store.listJobs({ limit: 10 })).jobs).toEqual([]);
  expect(queue.works).toEqual([]);
  expect(queue.held, 'reservations').toBe(0);
  expect(spoolMemory.take(1, ALL_MEMORY), 'all memory is given back').toBe(true);
  spoolMemory.give(ALL_MEMORY);
}
