import { chmod, mkdir, mkdtemp, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { newImageId, newRunId } from '../../shared/domain/ids.ts';
import { DiskParts } from '../../shared/storage/disk/disk-parts.ts';
import { DiskStorage } from '../../shared/storage/disk/disk-storage.ts';
import { allOf } from '../helpers/all-of.ts';
import { ownFolder } from '../helpers/own-folder.ts';
import { putFiles } from '../helpers/put-files.ts';
import { describeImageStorage } from './image-storage.ts';
import { describeUploadParts } from './upload-parts.ts';

describeImageStorage('DiskStorage', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'darkroom-test-'));
  const storage = await DiskStorage.open(folder);
  return {
    storage,
    spoolPath: storage.spoolPath,
    dispose: () => rm(folder, { recursive: true, force: true }),
  };
});

describeUploadParts('DiskParts', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'darkroom-test-'));
  return {
    parts: await DiskParts.open(folder),
    spoolPath: folder,
    dispose: () => rm(folder, { recursive: true, force: true }),
  };
});

test.each(['originals', 'variants'])(
  'files of others in %s are neither listed nor in the way',
  async (folder) => {
    const root = await ownFolder();
    const storage = await DiskStorage.open(root);
    const id = newImageId();
    await writeFile(join(storage.spoolPath, 'x'), 'picture');
    await storage.keepOriginal(id, join(storage.spoolPath, 'x'));
    await mkdir(join(root, folder, 'ab'), { recursive: true });
    await writeFile(join(root, folder, 'ab', 'notes.txt'), '');
    await mkdir(join(root, folder, 'lost+found'));
    await writeFile(join(root, folder, '.DS_Store'), '');
    expect(await allOf(storage.originals(0))).toEqual([id]);
    expect(await allOf(storage.published(0))).toEqual([]);
  },
);

test('a file is as old as it was last written, and a run as its last file', async () => {
  const root = await ownFolder();
  const storage = await DiskStorage.open(root);
  const [old, young] = [newImageId(), newImageId()];
  for (const id of [old, young]) {
    await writeFile(join(storage.spoolPath, id), 'picture');
    await storage.keepOriginal(id, join(storage.spoolPath, id));
  }
  const [oldRun, youngRun] = [newRunId(), newRunId()];
  for (const run of [oldRun, youngRun]) await putFiles(storage, run, { 'thumb.jpg': 'thumb' });
  const anHourAgo = Date.now() / 1000 - 3_600;
  await utimes(join(root, 'originals', old.slice(0, 2), old), anHourAgo, anHourAgo);
  await utimes(join(root, 'variants', oldRun.slice(0, 2), oldRun), anHourAgo, anHourAgo);

  expect(await allOf(storage.originals(3_599_000))).toEqual([old]);
  expect(await allOf(storage.published(3_599_000))).toEqual([oldRun]);
  expect(await allOf(storage.originals(3_700_000))).toEqual([]);
  expect(await allOf(storage.published(3_700_000))).toEqual([]);
});

test('many are listed in pages, each of them once', async () => {
  const root = await ownFolder();
  const storage = await DiskStorage.open(root);
  const ids = Array.from({ length: 2_001 }, newImageId);
  for (const id of ids) {
    const shard = join(root, 'originals', id.slice(0, 2));
    await mkdir(shard, { recursive: true });
    await writeFile(join(shard, id), '');
  }
  const pages: string[][] = [];
  for await (const page of storage.originals(0)) pages.push(page);
  expect(pages.map((page) => page.length)).toEqual([1_000, 1_000, 1]);
  expect(pages.flat().toSorted()).toEqual(ids.toSorted());
});

test('a folder that is no longer there is a StoreError of the listing', async () => {
  const root = await ownFolder();
  const storage = await DiskStorage.open(root);
  await rm(join(root, 'originals'), { recursive: true });
  await expect(allOf(storage.originals(0))).rejects.toMatchObject({ code: 'storage_unavailable' });
});

test('a staged original shares its bytes with the original where the volume is one', async () => {
  const root = await ownFolder();
  const storage = await DiskStorage.open(root);
  const id = newImageId();
  await writeFile(join(storage.spoolPath, 'x'), 'picture');
  await storage.keepOriginal(id, join(storage.spoolPath, 'x'));
  await storage.stageOriginal(id, join(root, 'input'));
  expect((await stat(join(root, 'input'))).nlink).toBe(2);
});

// Root writes everywhere.
test.skipIf(process.getuid?.() === 0)('a folder that cannot be written is a StoreError', async () => {
  const root = await ownFolder();
  await chmod(root, 0o500);
  await expect(DiskStorage.open(root)).rejects.toMatchObject({ code: 'storage_unavailable' });
});

test('a folder that is a file is a StoreError', async () => {
  const path = join(await ownFolder(), 'file');
  await writeFile(path, '');
  await expect(DiskStorage.open(path)).rejects.toMatchObject({
    name: 'StoreError',
    code: 'storage_unavailable',
  });
});
