import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** All regular files below a folder but its lock, relative to it. A folder that vanishes meanwhile has none. */
export async function filesBelow(folder: string): Promise<string[]> {
  const found: string[] = [];
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  for (const entry of entries) {
    if (entry.isFile() && entry.name !== '.lock') found.push(entry.name);
    if (!entry.isDirectory()) continue;
    for (const name of await filesBelow(join(folder, entry.name))) found.push(join(entry.name, name));
  }
  return found;
}
