import { chmod, lstat, mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { newRunId } from '../../../shared/domain/ids.ts';
import { StoreError } from '../../../shared/errors.ts';
import { Scratch } from '../../../workers/supervisor/scratch.ts';
import { eventually } from '../../helpers/eventually.ts';
import { ownFolder } from '../../helpers/own-folder.ts';

const OWN = ['in', 'out', 'taken', 'tmp'];

async function madeRun() {
  const root = await ownFolder();
  const scratch = await Scratch.open(root);
  const folder = scratch.newFolder(null);
  const run = newRunId();
  return { root, scratch, folder, run, made: await folder.make(run) };
}

describe('the folder of a worker', () => {
  test('has a place for inputs and one for outputs, lets nobody else in, and is its own', async () => {
    const { scratch, folder, run, made } = await madeRun();
    expect(made).toEqual({
      inputPath: join(folder.path, 'in', run, 'input'),
      outputPath: join(folder.path, 'out'),
    });
    expect((await readdir(folder.path)).sort()).toEqual(OWN);
    expect((await stat(folder.path)).mode & 0o777).toBe(0o700);
    expect(scratch.newFolder(null).path).not.toBe(folder.path);
  });

  test('is gone when its worker has ended and its last run is over, whichever is first', async () => {
    const { root, folder, run, made } = await madeRun();
    await writeFile(join(made.outputPath, 'thumb.webp'), 'bytes');
    await writeFile(join(folder.temporary, 'spilt'), 'bytes');
    await folder.leave();
    await writeFile(made.inputPath, 'bytes');
    await folder.remove(run);
    expect(await readdir(root)).toEqual([]);

    const other = (await Scratch.open(root)).newFolder(null);
    await other.make(run);
    await other.remove(run);
    expect((await readdir(other.path, { recursive: true })).sort()).toEqual(OWN);
    await other.leave();
    expect(await readdir(root)).toEqual([]);
  });

  test('is cleared later of what could not be removed when its run was over', async () => {
    const { root, folder, run } = await madeRun();
    await mkdir(join(folder.inputs, run, 'deep'));
    await folder.leave();
    // What removes folders cannot be started.
    vi.stubEnv('PATH', '/nowhere');
    try {
      await expect(folder.remove(run)).rejects.toThrow('ENOENT');
    } finally {
      vi.unstubAllEnvs();
    }
    expect(await readdir(root)).not.toEqual([]);
    await eventually('an empty scratch', async () => (await readdir(root)).length === 0);
  });

  test('fails as a store does, where a run cannot have its place', async () => {
    const { folder } = await madeRun();
    const run = newRunId();
    await writeFile(join(folder.inputs, run), 'in its place');
    await expect(folder.make(run)).rejects.toThrow(StoreError);
  });
});

describe('outputs that are taken', () => {
  test('are out of reach, those that were not asked for are cleared away, and the place is free', async () => {
    const { folder, run, made } = await madeRun();
    for (const name of ['thumb.webp', 'more.webp']) await writeFile(join(made.outputPath, name), name);
    const taken = await folder.take(run, ['thumb.webp', 'missing.webp']);
    expect(await readdir(taken)).toEqual(['thumb.webp']);
    expect(await readFile(join(taken, 'thumb.webp'), 'utf8')).toBe('thumb.webp');
    expect(await readdir(made.outputPath)).toEqual([]);

    const next = newRunId();
    await folder.make(next);
    await writeFile(join(made.outputPath, 'thumb.webp'), 'another');
    expect(await readFile(join(taken, 'thumb.webp'), 'utf8')).toBe('thumb.webp');
    expect(await folder.take(next, ['thumb.webp'])).not.toBe(taken);
    await folder.remove(run);
    expect(await readdir(join(folder.path, 'taken'))).toEqual([next]);
  });

  test('are what they were: a link stays a link, and what it leads to is not touched', async () => {
    const { folder, run, made } = await madeRun();
    const victim = await ownFolder();
    await writeFile(join(victim, 'precious'), 'precious');
    await symlink(join(victim, 'precious'), join(made.outputPath, 'thumb.webp'));
    await symlink(victim, join(made.outputPath, 'large.webp'));
    await symlink(victim, join(made.outputPath, 'more'));
    const taken = await folder.take(run, ['thumb.webp', 'large.webp']);
    for (const name of await readdir(taken))
      expect((await lstat(join(taken, name))).isSymbolicLink()).toBe(true);
    await folder.remove(run);
    await folder.leave();
    expect(await readdir(victim)).toEqual(['precious']);
  });
});

test('whatever a worker has left, it is removed: folders in folders that let nobody in, and links', async () => {
  const { root, folder, run, made } = await madeRun();
  const victim = await ownFolder();
  await writeFile(join(victim, 'precious'), 'precious');
  const deep = join(made.outputPath, 'deep');
  await mkdir(join(deep, 'deeper'), { recursive: true });
  await symlink(victim, join(deep, 'link'));
  await chmod(deep, 0);
  await folder.take(run, []);
  expect(await readdir(made.outputPath)).toEqual([]);
  await folder.remove(run);
  await folder.leave();
  expect(await readdir(root)).toEqual([]);
  expect(await readdir(victim)).toEqual(['precious']);
});
