import type * as Files from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';

/** A change of files and folders as the service makes it, step by step: what a power cut may undo, and a full disk refuse. */
export type Change =
  | { kind: 'create' | 'mkdir' | 'unlink' | 'rmdir' | 'sync'; path: string }
  | { kind: 'rename' | 'link'; path: string; to: string }
  | { kind: 'write'; path: string; at: number; bytes: Buffer };

export interface Watcher {
  /** A change is about to be made, and waits for this; what it throws, its maker sees in place of the change. */
  begins?(change: Change): Promise<void> | void;
  made?(change: Change): void;
}

let watcher: Watcher = {};

/** From now on all changes are shown to this watcher, until another one is set or the test has finished. */
export function watchFiles(next: Watcher): void {
  watcher = next;
  onTestFinished(() => {
    watcher = {};
  });
}

/** These change a file as well, and nobody has needed them yet: a change that is not seen would prove nothing. */
const UNSEEN = {
  files: ['appendFile', 'cp', 'symlink', 'truncate'],
  handles: ['appendFile', 'createWriteStream', 'datasync', 'truncate', 'writeFile', 'writev'],
} as const;

/**
 * `node:fs/promises` whose changes are watched. To be set as a mock of it:
 * `vi.mock('node:fs/promises', async (original) => watched(await original()))`.
 * Nothing is really synced: what survives is decided by the test.
 */
export function watched(real: typeof Files): typeof Files {
  async function change<T>(what: Change, make: () => Promise<T>): Promise<T> {
    await watcher.begins?.(what);
    const value = await make();
    watcher.made?.(what);
    return value;
  }

  const exists = (path: string) =>
    real.lstat(path).then(
      () => true,
      () => false,
    );

  async function open(path: string, flags: string | number = 'r', mode?: number): Promise<Files.FileHandle> {
    if (typeof flags === 'number' || flags.startsWith('r'))
      return watchedHandle(path, await real.open(path, flags, mode));
    if (await exists(path)) {
      if (!flags.includes('x'))
        throw new Error(`${path} is written once more: no watcher would understand it`);
      return real.open(path, flags, mode);
    }
    return watchedHandle(path, await change({ kind: 'create', path }, () => real.open(path, flags, mode)));
  }

  function watchedHandle(path: string, handle: Files.FileHandle): Files.FileHandle {
    const realWrite = handle.write.bind(handle);
    let end = 0;
    async function write(whole: Uint8Array, offset = 0, length = whole.length - offset) {
      const bytes = Buffer.from(whole.subarray(offset, offset + length));
      const written = await change({ kind: 'write', path, at: end, bytes }, () => realWrite(bytes));
      end += written.bytesWritten;
      return written;
    }
    const sync = () => change({ kind: 'sync', path }, async () => {});
    return Object.assign(handle, { ...refusals(UNSEEN.handles), write, sync });
  }

  async function mkdir(path: string, options: { recursive?: boolean } = {}): Promise<string | undefined> {
    if (options.recursive && (await exists(path))) return undefined;
    const first = options.recursive ? await mkdir(dirname(path), options) : undefined;
    const made = await change({ kind: 'mkdir', path }, () => real.mkdir(path, options));
    return first ?? made;
  }

  async function writeFile(path: string, data: string | Uint8Array): Promise<void> {
    await using handle = await open(path, 'wx');
    await handle.write(Buffer.from(data));
  }

  async function rm(path: string, options: { recursive?: boolean; force?: boolean } = {}): Promise<void> {
    const found = await real.lstat(path).catch(() => null);
    if (!found && options.force) return;
    if (!found?.isDirectory()) return unlink(path);
    for (const name of await real.readdir(path)) await rm(join(path, name), options);
    await rmdir(path);
  }

  const unlink = (path: string) => change({ kind: 'unlink', path }, () => real.unlink(path));
  const rmdir = (path: string) => change({ kind: 'rmdir', path }, () => real.rmdir(path));
  const rename = (path: string, to: string) =>
    change({ kind: 'rename', path, to }, () => real.rename(path, to));
  const link = (path: string, to: string) => change({ kind: 'link', path, to }, () => real.link(path, to));
  const copyFile = async (from: string, to: string) => writeFile(to, await real.readFile(from));

  const seen = { open, mkdir, writeFile, rm, unlink, rmdir, rename, link, copyFile };
  return { ...real, ...refusals(UNSEEN.files), ...seen } as unknown as typeof Files;
}

function refusals(names: readonly string[]): Record<string, () => never> {
  const refusal = (name: string) => () => {
    throw new Error(`${name} changes files unseen: teach test/helpers/file-changes.ts to watch it`);
  };
  return Object.fromEntries(names.map((name) => [name, refusal(name)]));
}
