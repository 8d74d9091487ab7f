import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** The folders of the service that hold bytes of images, as they lie in BASE_PATH by default. */
const FOLDERS = ['originals', 'variants', 'scratch', 'spool'];

/** All files that hold bytes of images. A folder that is removed while this looks holds none. */
export async function imageFiles(basePath: string): Promise<string[]> {
  return (await Promise.all(FOLDERS.map((folder) => filesIn(join(basePath, folder))))).flat();
}

async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  const files = await Promise.all(
    entries.map((entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) return filesIn(path);
      return entry.name.startsWith('.lock') ? [] : [path];
    }),
  );
  return files.flat();
}
