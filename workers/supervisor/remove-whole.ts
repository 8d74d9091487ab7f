import { execFile } from 'node:child_process';
import { readdir, rmdir, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { errorCode } from '../../shared/errors.ts';

/** `rm` walks by open folders. Where one of them lets nobody in, and we are not root, it has to be opened first. */
const REMOVE = 'rm -rf -- "$@" 2> /dev/null || { chmod -R u+rwx -- "$@"; rm -rf -- "$@"; }';

/** Removes a folder with all that is in it, or what else has its name. It may be gone already. */
export async function removeWhole(folder: string): Promise<void> {
  try {
    // Most are empty, and then this takes no descriptor: there may be none left.
    await rmdir(folder);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return;
    if (errorCode(error) === 'ENOTDIR') return unlink(folder);
    await empty(folder);
    await rmdir(folder).catch(exceptMissing);
  }
}

/**
 * Removes what is in a folder, and not the folder. With care: a worker may put a link in place of a folder while we are on
 * our way, and a walk by paths, as that of `fs.rm`, would end elsewhere.
 */
export async function empty(folder: string): Promise<void> {
  const names = await readdir(folder).catch(exceptMissing);
  const more: string[] = [];
  for (const name of names ?? []) {
    const path = join(folder, name);
    await unlink(path).catch(() => more.push(path));
  }
  // These programs take a few milliseconds to start, and no more names than fit into a command.
  for (let at = 0; at < more.length; at += 100) {
    await promisify(execFile)('sh', ['-c', REMOVE, 'sh', ...more.slice(at, at + 100)]);
  }
}

/** What is not there is no fault: a crash may have come before it was made. */
export function exceptMissing(error: unknown): null {
  if (errorCode(error) === 'ENOENT') return null;
  throw error;
}
