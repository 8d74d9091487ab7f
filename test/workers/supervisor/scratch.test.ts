import { access, mkdir, readdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { newRunId } from '../../../shared/domain/ids.ts';
import { StoreError } from '../../../shared/errors.ts';
import { Scratch } from '../../../workers/supervisor/scratch.ts';
import { ownFolder } from '../../helpers/own-folder.ts';

async function write(path: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, 'bytes');
}

describe('opening the scratch', () => {
  test('makes its folder', async () => {
    const root = join(await ownFolder(), 'not', 'there');
    await Scratch.open(root);
    expect(await readdir(root)).toEqual([]);
  });

  test('removes the folders of workers, and of runs as an earlier version had them, and nothing else', async () => {
    const root = await ownFolder();
    const folder = (await Scratch.open(root)).newFolder(null);
    await write(join(folder.output, 'thumb.webp'));
    await write(join(root, newRunId(), 'out', 'deep', 'thumb.webp'));
    await write(join(root, newRunId(), 'input'));
    const others = [
      'photos/holiday.jpg',
      'notes.txt',
      `${newRunId()}.bak/thumb.webp`,
      `x${newRunId()}/thumb.webp`,
    ];
    for (const name of others) await write(join(root, name));
    await Scratch.open(root);
    expect((await readdir(root)).sort()).toEqual(others.map((name) => name.split('/')[0]).sort());
    for (const name of others) await access(join(root, name));
  });

  test('fails as a store does, where there can be no such folder', async () => {
    const file = join(await ownFolder(), 'file');
    await writeFile(file, '');
    await expect(Scratch.open(join(file, 'scratch'))).rejects.toThrow(StoreError);
  });
});
