import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Where originals and variants are kept, as an audit looks at them, past the service. */
export interface Files {
  /** The path or key of an original. */
  original(image: string): string;
  variant(run: string, fileName: string): string;
  /** Null: there is no such file. */
  read(path: string): Promise<Buffer | null>;
  /** What is there beside these. */
  besides(named: ReadonlySet<string>): Promise<string[]>;
}

/** The folders of a service that is alone. */
export function filesIn(folder: string): Files {
  return {
    original: (image) => join('originals', image.slice(0, 2), image),
    variant: (run, fileName) => join('variants', run.slice(0, 2), run, fileName),
    read: (path) => readFile(join(folder, path)).catch(() => null),
    besides: async (named) => {
      const paths = [...named];
      const folders = new Set(paths.flatMap((path) => [join(path, '..'), join(path, '../..')]));
      const left: string[] = [];
      for (const place of ['originals', 'variants']) {
        for (const entry of await readdir(join(folder, place), { recursive: true, withFileTypes: true })) {
          const path = join(entry.parentPath, entry.name).slice(folder.length + 1);
          // The folders of two digits stay.
          const isShard = entry.isDirectory() && path.split('/').length === 2;
          if (!isShard && !named.has(path) && !folders.has(path)) left.push(path);
        }
      }
      return left;
    },
  };
}

/** What a process that has ended has left of uploads and runs, whose files nobody keeps. */
export async function leftInFolder(folder: string): Promise<string[]> {
  const spooled = await readdir(join(folder, 'spool'));
  const scratch = await readdir(join(folder, 'scratch'));
  return [
    ...spooled.map((name) => join('spool', name)),
    // Where workers stand, and the lock.
    ...scratch.filter((name) => name !== 'idle' && name !== '.lock').map((name) => join('scratch', name)),
  ];
}
