import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { FolderInUse, lockFolder } from '../../../../shared/storage/disk/folder-lock.ts';
import { ownFolder } from '../../../helpers/own-folder.ts';

/** Folders whose entries were brought to the disk. */
const synced: string[] = [];
vi.mock('node:fs', async (original) => {
  const real = await original<typeof import('node:fs')>();
  const byDescriptor = new Map<number, string>();
  return {
    ...real,
    openSync: (path: string, flags: string) => {
      const descriptor = real.openSync(path, flags);
      byDescriptor.set(descriptor, path);
      return descriptor;
    },
    fsyncSync: (descriptor: number) => {
      synced.push(byDescriptor.get(descriptor) ?? '');
    },
  };
});

const ROOT = fileURLToPath(new URL('../../../../', import.meta.url));
const HOLDER = join(ROOT, 'test/fixtures/lock-holder.ts');

type Runtime = 'node' | 'bun';

/** A process that locks a folder, and what it says of it. */
async function holder(runtime: Runtime, folder: string) {
  const child = spawn(join(ROOT, 'node_modules/.bin', runtime), [HOLDER, folder], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await exited;
  });
  const [said] = await once(child.stdout.setEncoding('utf8'), 'data');
  return {
    said: String(said).trim(),
    kill: async () => {
      child.kill('SIGKILL');
      await exited;
    },
  };
}

describe('a folder', () => {
  test('is locked once at a time in a process', async () => {
    const folder = await ownFolder();
    const release = lockFolder(folder);
    expect(() => lockFolder(folder)).toThrow(FolderInUse);
    release();
    lockFolder(folder)();
  });

  test('that is not there yet is made', async () => {
    const folder = join(await ownFolder(), 'a', 'b');
    lockFolder(folder)();
    expect(existsSync(folder)).toBe(true);
  });

  test('that was made survives a power cut, with those above it that were missing', async () => {
    const parent = await ownFolder();
    synced.length = 0;
    lockFolder(join(parent, 'a', 'b'))();
    expect(synced.toSorted()).toEqual([parent, join(parent, 'a')]);
    lockFolder(join(parent, 'a', 'b'))();
    expect(synced, 'it is there already').toHaveLength(2);
  });

  test('is locked apart from others', async () => {
    const [one, other] = [lockFolder(await ownFolder()), lockFolder(await ownFolder())];
    one();
    other();
  });

  test('says which it is when it is in use', async () => {
    const folder = await ownFolder();
    const release = lockFolder(folder);
    expect(() => lockFolder(folder)).toThrow(folder);
    release();
  });

  test.each([
    ['node', 'node'],
    ['node', 'bun'],
    ['bun', 'node'],
    ['bun', 'bun'],
  ] as const)(
    'held by a process on %s is refused to one on %s, until the first is killed',
    async (first, second) => {
      const folder = await ownFolder();
      const held = await holder(first, folder);
      expect(held.said).toBe('held');
      expect((await holder(second, folder)).said).toBe('FolderInUse');
      await held.kill();
      expect((await holder(second, folder)).said).toBe('held');
    },
  );
});
