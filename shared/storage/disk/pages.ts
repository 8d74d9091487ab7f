import { opendir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { asStoreError, errorCode } from '../../errors.ts';

/** Enough for a database to be asked once about many, and little in memory. */
const PAGE = 1_000;

/** As of zod. */
interface Id<T> {
  safeParse(name: string): { success: true; data: T } | { success: false };
}

/**
 * What lies in the shards of a folder under a name that is an id, unless it was changed within so many milliseconds. What has
 * another name is not ours, and is left alone.
 * @throws {StoreError}
 */
export async function* pagesOf<T>(folder: string, id: Id<T>, olderThanMs: number): AsyncGenerator<T[]> {
  try {
    let page: T[] = [];
    for await (const shard of await opendir(folder)) {
      if (!shard.isDirectory()) continue;
      for await (const { name } of await opendir(join(folder, shard.name))) {
        const parsed = id.safeParse(name);
        if (!parsed.success || !(await isOlder(join(folder, shard.name, name), olderThanMs))) continue;
        page.push(parsed.data);
        if (page.length < PAGE) continue;
        yield page;
        page = [];
      }
    }
    if (page.length > 0) yield page;
  } catch (error) {
    throw asStoreError(error, `list ${folder}`);
  }
}

async function isOlder(path: string, ms: number): Promise<boolean> {
  // Of all of them nobody asks the age, which a clock that was set back would make negative.
  if (ms === 0) return true;
  try {
    return Date.now() - (await stat(path)).mtimeMs >= ms;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return false;
    throw error;
  }
}
