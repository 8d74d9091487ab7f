import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { ForeignOriginals } from '../../../server/upkeep/orphan-originals.ts';
import { DEFAULT_TENANT, newImageId, newRunId } from '../../../shared/domain/ids.ts';
import { DEFAULT_PRESET, Preset } from '../../../shared/domain/preset.ts';
import { allOf } from '../../helpers/all-of.ts';
import { filesBelow } from '../../helpers/files-below.ts';
import { MANIFEST, newUpload, sha256Of, succeeded } from '../../helpers/job-records.ts';
import { ownFolder } from '../../helpers/own-folder.ts';
import { AT_ONCE, dataFolder } from './data-folder.ts';

describe('what an earlier process has left of its files', () => {
  test('originals that no row names are removed, the others are kept as they are', async () => {
    const { storage, accept, keepOriginal, store, recover } = await dataFolder();
    const kept = await accept();
    const deleted = await accept();
    await store.deleteImage(deleted.image.id, DEFAULT_TENANT, 2_000);
    await keepOriginal(newUpload());

    await recover();
    expect(await allOf(storage.originals(0))).toEqual([kept.image.id]);
    const staged = join(await ownFolder(), 'input');
    expect(await storage.stageOriginal(kept.image.id, staged)).toBe(true);
    expect(await readFile(staged, 'utf8')).toBe(`original of ${kept.image.id}`);
  });

  test('published sets that no row names are removed, the others are kept as they are', async () => {
    const { store, storage, accept, start, publish, recover } = await dataFolder();
    const [done, cut] = [await start(await accept()), await start(await accept())];
    await publish(done.runId);
    await store.finishRun(succeeded(done));
    // This one was killed after its set was on the disk, and before the row that would have named it.
    await publish(cut.runId);
    await publish(newRunId());

    await recover();
    expect(await allOf(storage.published(0))).toEqual([done.runId]);
    expect(await storage.readVariant(done.runId, 'thumb.jpg')).not.toBeNull();
  });

  test('a set that a new one has replaced a moment before the end is removed', async () => {
    const { store, storage, accept, start, publish, recover } = await dataFolder();
    const upload = await accept();
    const old = await start(upload);
    await publish(old.runId);
    await store.finishRun(succeeded(old));
    await store.queueReprocess({
      preset: Preset.parse({ ...DEFAULT_PRESET, background: '#000000' }),
      pipelineVersion: 1,
      since: 0,
      limit: 1,
      at: 4_000,
      requestId: 'r',
    });
    const [work] = await store.queuedWork();
    if (!work) throw new Error('nothing is made anew');
    const run = { ...old, runId: newRunId(), jobId: work.jobId };
    await store.startRun(run);
    await publish(run.runId);
    const published = { manifest: MANIFEST, recipeDigest: sha256Of('anew') };
    expect(await store.finishRun({ ...succeeded(run), published })).toMatchObject({
      retiredSets: [old.runId],
    });

    expect(await allOf(storage.published(0))).toHaveLength(2);
    await recover();
    expect(await allOf(storage.published(0))).toEqual([run.runId]);
  });

  test('an original that was let go of a moment before the end is removed, and is not taken for lost', async () => {
    const { store, storage, accept, start, recover } = await dataFolder();
    const [spent, kept] = [await accept(), await accept()];
    await store.finishRun(succeeded(await start(spent)));
    const images = [spent.image.id, kept.image.id];
    expect(await store.releaseOriginals({ images, keptMs: 0, at: 4_000 })).toEqual([spent.image.id]);

    await recover();
    expect(await allOf(storage.originals(0))).toEqual([kept.image.id]);
    expect(await store.findImage(spent.image.id, null)).toMatchObject({ job: { state: 'succeeded' } });
  });

  test('many of them are no reason to think that the database is another one', async () => {
    const { store, storage, accept, start, recover } = await dataFolder();
    const uploads = await Promise.all(Array.from({ length: 120 }, () => accept()));
    for (const upload of uploads) await store.finishRun(succeeded(await start(upload)));
    const images = uploads.map(({ image }) => image.id);
    expect(await store.releaseOriginals({ images, keptMs: 0, at: 4_000 })).toHaveLength(120);
    await recover();
    expect(await allOf(storage.originals(0))).toEqual([]);
  });

  test('received files are removed: none of them was accepted', async () => {
    const { storage, accept, recover } = await dataFolder();
    await accept();
    for (const name of [newImageId(), newImageId()])
      await writeFile(join(storage.spoolPath, name), 'half a pic');
    await recover();
    expect(await readdir(storage.spoolPath)).toEqual([]);
  });

  test("what has no name of ours is somebody else's, and stays", async () => {
    const { storage, recover } = await dataFolder();
    const root = dirname(storage.spoolPath);
    // Two stand where files of their name would, if they were ours.
    const foreign = [
      'README.txt',
      'originals/README.txt',
      'originals/no/notes.txt',
      'originals/lost+found/a',
      'variants/ab/.DS_Store',
      'variants/ba/backup/thumb.jpg',
    ];
    for (const name of foreign) {
      await mkdir(dirname(join(root, name)), { recursive: true });
      await writeFile(join(root, name), '');
    }
    await recover();
    expect((await filesBelow(root)).toSorted()).toEqual(foreign.toSorted());
  });
});

test('a database that does not know the originals beside it sweeps none of them', async () => {
  const { storage, keepOriginal, recover } = await dataFolder();
  for (let n = 0; n < AT_ONCE + 101; n++) await keepOriginal(newUpload());
  await expect(recover()).rejects.toThrow(ForeignOriginals);
  expect(await allOf(storage.originals(0))).toHaveLength(AT_ONCE + 101);
});

test('foreign originals are counted over all pages before one is removed', async () => {
  const { storage, accept, keepOriginal, recover } = await dataFolder();
  const known = await accept();
  for (let n = 0; n < AT_ONCE + 101; n++) await keepOriginal(newUpload());
  const all = await allOf(storage.originals(0));
  vi.spyOn(storage, 'originals').mockImplementation(async function* () {
    for (let at = 0; at < all.length; at += 10) yield all.slice(at, at + 10);
  });
  await expect(recover()).rejects.toThrow(new ForeignOriginals(AT_ONCE + 101, 1));
  vi.restoreAllMocks();
  expect(await allOf(storage.originals(0))).toHaveLength(all.length);
  expect(all).toContain(known.image.id);
});

test('originals of images that it has deleted are not foreign to it, however many', async () => {
  const { store, storage, accept, recover } = await dataFolder();
  const uploads = [];
  for (let n = 0; n < AT_ONCE + 101; n++) uploads.push(await accept());
  await Promise.all(uploads.map(({ image }) => store.deleteImage(image.id, DEFAULT_TENANT, 2_000)));
  expect(await allOf(storage.originals(0))).toHaveLength(AT_ONCE + 101);
  expect(await recover()).toEqual([]);
  expect(await allOf(storage.originals(0))).toEqual([]);
});
