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

  test('removes the folders of runs, and nothing else', async () => {
    const root = await ownFolder();
    await write(join(root, newRunId(), 'out', 'thumb.webp'));
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

describe('the scratch of a run', () => {
  async function madeRun() {
    const root = await ownFolder();
    const scratch = await Scratch.open(root);
    const run = newRunId();
    return { root, scratch, run, made: await scratch.make(run) };
  }

  test('has an empty folder for its outputs, and beside it a place for its input', async () => {
    const { root, run, made } = await madeRun();
    expect(made).toEqual({ inputPath: join(root, run, 'input'), outputPath: join(root, run, 'out') });
    expect(await readdir(join(root, run))).toEqual(['out']);
    expect(await readdir(made.outputPath)).toEqual([]);
  });

  test('is its own', async () => {
    const { scratch, made } = await madeRun();
    await write(join(made.outputPath, 'thumb.webp'));
    const other = await scratch.make(newRunId());
    expect(await readdir(other.outputPath)).toEqual([]);
  });

  test('is removed with all that is in it, and nobody else is', async () => {
    const { root, scratch, run, made } = await madeRun();
    await write(made.inputPath);
    await write(join(made.outputPath, 'thumb.webp'));
    await write(join(made.outputPath, 'deep', 'more'));
    const other = newRunId();
    await write((await scratch.make(other)).inputPath);
    await scratch.remove(run);
    expect(await readdir(root)).toEqual([other]);
    expect(await readdir(join(root, other))).toEqual(expect.arrayContaining(['input', 'out']));
  });

  test('may be removed when it was never made', async () => {
    const { scratch } = await madeRun();
    await scratch.remove(newRunId());
  });

  test('fails as a store does, where it cannot be made', async () => {
    const { scratch, root } = await madeRun();
    const run = newRunId();
    await writeFile(join(root, run), 'in its place');
    await expect(scratch.make(run)).rejects.toThrow(StoreError);
  });

  test('is not where idle workers stand', async () => {
    const { root, scratch, run } = await madeRun();
    const folder = await scratch.idleFolder();
    expect(dirname(folder)).toBe(root);
    expect(await readdir(folder)).toEqual([]);
    await scratch.remove(run);
    await Scratch.open(root);
    expect(await readdir(folder), 'it is there after the next start as well').toEqual([]);
  });
});
