import { execFile } from 'node:child_process';
import { opendir, rmdir, unlink } from 'node:fs/promises';
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
 * @param most so many are removed: whoever writes to it may go on writing
 */
export async function empty(folder: string, most = Number.POSITIVE_INFINITY): Promise<void> {
  let removed = 0;
  // A few at a time: a worker may have made as many as it likes.
  for (let left = await someOf(folder); left.length > 0; left = await someOf(folder)) {
    removed += left.length;
    if (removed > most) throw new Error(`there are more than ${most} files`);
    const more: string[] = [];
    for (const path of left) await unlink(path).catch(() => more.push(path));
    // These programs take a few milliseconds to start, and no more names than fit into a command.
    if (more.length > 0) await promisify(execFile)('sh', ['-c', REMOVE, 'sh', ...more]);
  }
}

/** What a command can be told. */
const SOME = 100;

async function someOf(folder: string): Promise<string[]> {
  const open = await opendir(folder, { bufferSize: SOME }).catch(exceptMissing);
  const paths: string[] = [];
  if (!open) return paths;
  for await (const { name } of open) {
    paths.push(join(folder, name));
    if (paths.length === SOME) break;
  }
  return paths;
}

/** What is not there is no fault: a crash may have come before it was made. */
export function exceptMissing(error: unknown): null {
  if (errorCode(error) === 'ENOENT') return null;
  throw error;
}
