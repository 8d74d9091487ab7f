import { readdir, readFile } from 'node:fs/promises';
import { join, posix } from 'node:path';

/** A file is one idea; one that is longer has a second in it. */
export const MOST_LINES = 250;

/** What people write and read; not lock files, prose, pictures, or data that a program has made. */
const SOURCE = /\.(ts|js|css|html|ya?ml|sh|py)$/;

/** Source files of more lines than may be, given by their path, each with its number. */
export const tooLong = (sources: Record<string, string>): string[] =>
  Object.entries(sources)
    .map(([path, text]) => [path, linesOf(text)] as const)
    .filter(([path, lines]) => SOURCE.test(path) && lines > MOST_LINES)
    .map(([path, lines]) => `${path} has ${lines} lines`);

/** Reads every source file below these folders. Paths are relative to the root of the repository. */
export async function readSources(root: string, folders: readonly string[]): Promise<Record<string, string>> {
  const sources: Record<string, string> = {};
  for (const folder of folders) {
    for (const entry of await readdir(join(root, folder), { recursive: true })) {
      const path = posix.join(folder, entry.replaceAll('\\', '/'));
      if (SOURCE.test(path)) sources[path] = await readFile(join(root, path), 'utf8');
    }
  }
  return sources;
}

const linesOf = (text: string): number => text.split('\n').length - (text.endsWith('\n') ? 1 : 0);
