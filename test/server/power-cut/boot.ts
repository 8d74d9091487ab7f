import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { expect } from 'vitest';
import { recover } from '../../../server/upkeep/recovery.ts';
import { ImageId, JobId } from '../../../shared/domain/ids.ts';
import { variantFileName } from '../../../shared/domain/image.ts';
import { hasEnded } from '../../../shared/domain/job.ts';
import type { JobStore } from '../../../shared/jobs/job-store.ts';
import type { ImageRecord, Work } from '../../../shared/jobs/records.ts';
import { openDatabase } from '../../../shared/jobs/sqlite/open.ts';
import { inlineJobStore } from '../../helpers/inline-job-store.ts';
import { sha256Of } from '../../helpers/job-records.ts';
import { type PartsInProcess, partsInProcess } from '../../helpers/parts-in-process.ts';
import { rejects, variantMaker } from '../../helpers/variant-maker.ts';
import { bytesOf, type Told, withKey } from './day.ts';
import { type Disk, digestOfBytes, putBack } from './disks.ts';

const VARIANTS = 6;

/**
 * Starts again on what is left, and sees that all that was told still holds.
 * @param isWorked whether the work that waits is done, too
 */
export async function boot(
  root: string,
  disk: Disk,
  databasePath: string,
  told: readonly Told[],
  isWorked: boolean,
): Promise<void> {
  rmSync(root, { recursive: true, force: true });
  mkdirSync(root);
  putBack(disk, root);
  const path = `${root}.db`;
  copyFileSync(databasePath, path);
  const database = await openDatabase(path);
  try {
    const store = inlineJobStore(database);
    const worker = variantMaker(async (message, original) =>
      original.includes('bad') ? rejects(message) : undefined,
    );
    const { storage, log, run, post } = await partsInProcess(root, store, worker);
    const waiting = await recover(store, storage, storage.spoolPath, 1, log);
    await expectTold(store, told, post);
    await expectNothingHalf(root, store, waiting);
    if (!isWorked) return;
    for (const work of waiting) expect(await run(work)).toMatchObject({ kind: 'ended' });
    await expectNothingHalf(root, store, []);
  } finally {
    database.raw.close();
    for (const suffix of ['', '-wal', '-shm']) rmSync(path + suffix, { force: true });
  }
}

async function expectTold(
  store: JobStore,
  told: readonly Told[],
  post: PartsInProcess['post'],
): Promise<void> {
  const leaving = new Set(told.flatMap((news) => (news.what === 'to be deleted' ? [news.image] : [])));
  for (const news of told) {
    if (news.what === 'deleted')
      expect(await store.findImage(ImageId.parse(news.image), null), 'a deleted image').toBe('deleted');
    if (news.what === 'ended') {
      const found = await store.findJob(JobId.parse(news.job));
      expect(found?.job.state, 'a job that has ended').toBe(news.state);
    }
    if (news.what !== 'accepted' || leaving.has(news.image)) continue;
    const { image, job, key, picture } = news;
    const bytes = bytesOf(picture);
    const accepted = { image: { id: image, sha256: digestOfBytes(bytes) }, job: { id: job } };
    expect(await store.findImage(ImageId.parse(image), null), 'an accepted image').toMatchObject(accepted);
    const again = await (await post(bytes, withKey(key))).json();
    expect(again, 'the answer to the same key').toMatchObject({ id: image });
  }
}

async function expectNothingHalf(root: string, store: JobStore, waiting: readonly Work[]): Promise<void> {
  const { jobs } = await store.listJobs({ limit: 1_000 });
  const queued = jobs.filter(({ state }) => state === 'queued');
  const expected = new Map<string, string>();
  for (const { id, imageId, state, sharedRunOf } of jobs) {
    expect(state === 'queued' || hasEnded(state), `${id} is ${state}`).toBe(true);
    const runs = (await store.findJob(id))?.runs.map(({ outcome }) => outcome) ?? [];
    expect(runs, 'runs have an end').not.toContain(null);
    const successes = runs.filter((outcome) => outcome === 'succeeded').length;
    expect(successes, 'successes').toBe(state === 'succeeded' && sharedRunOf === null ? 1 : 0);
    const found = await store.findImage(imageId, null);
    if (found === null) throw new Error(`job ${id} is of no image`);
    if (found === 'deleted') continue;
    expect(found.set !== null, `a set of a job that is ${state}`).toBe(state === 'succeeded');
    for (const [path, sha256] of filesOf(found)) expected.set(path, sha256);
  }
  const lying = new Map<string, string>();
  for (const path of filesBelow(root)) lying.set(path, sha256Of(readFileSync(join(root, path))));
  expect(lying, 'files and their bytes').toEqual(expected);
  expect(emptyRunsBelow(root), 'empty folders').toEqual([]);
  const toRun = queued.filter(({ sharedRunOf }) => sharedRunOf === null).map(({ id }) => id);
  expect(waiting.map(({ jobId }) => jobId).sort(), 'what waits, once').toEqual(toRun.sort());
  for (const { sharedRunOf } of queued)
    if (sharedRunOf) expect(toRun, 'the job whose run is shared').toContain(sharedRunOf);
}

/** The files of an image below the root, each with the hash that its record has of it. */
function filesOf({ image, set }: ImageRecord): [path: string, sha256: string][] {
  const original = join('originals', image.id.slice(0, 2), image.id);
  if (!set) return [[original, image.sha256]];
  const { runId, manifest } = set;
  expect(manifest.variants).toHaveLength(VARIANTS);
  const folder = join('variants', runId.slice(0, 2), runId);
  return [
    [original, image.sha256],
    ...manifest.variants.map((variant): [string, string] => [
      join(folder, variantFileName(variant)),
      variant.sha256,
    ]),
  ];
}

function filesBelow(root: string): string[] {
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => relative(root, join(parentPath, name)));
}

/** Folders of runs that hold nothing; the shards above them stay. */
function emptyRunsBelow(root: string): string[] {
  const shards = readdirSync(join(root, 'variants')).map((shard) => join('variants', shard));
  return ['scratch', ...shards]
    .flatMap((folder) => readdirSync(join(root, folder)).map((run) => join(folder, run)))
    .filter((run) => readdirSync(join(root, run)).length === 0);
}
