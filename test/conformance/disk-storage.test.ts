import { chmod, mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { newImageId } from '../../shared/domain/ids.ts';
import { DiskStorage } from '../../shared/storage/disk/disk-storage.ts';
import { ownFolder } from '../helpers/own-folder.ts';
import { describeImageStorage } from './image-storage.ts';

describeImageStorage('DiskStorage', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'darkroom-test-'));
  const storage = await DiskStorage.open(folder);
  return {
    storage,
    spoolPath: storage.spoolPath,
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
    expect(await storage.listOriginals()).toEqual([id]);
    expect(await storage.listPublished()).toEqual([]);
  },
);

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
