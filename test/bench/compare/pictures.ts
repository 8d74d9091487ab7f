import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { uniqueTrailer } from '../../helpers/unique-bytes.ts';
import type { Picture } from './side.ts';

const TESTDATA = fileURLToPath(new URL('../../../testdata/images', import.meta.url));
/** From 2 to 12 MP, as cameras and phones send them. */
const OF_TESTDATA = ['testimage_200kb.jpg', 'testimage_medium.jpg', 'testimage_large.jpg'];

/** The JPEGs of a folder, or of testdata. */
export async function pathsIn(folder: string | undefined): Promise<string[]> {
  const names = folder ? (await readdir(folder)).filter((name) => /\.jpe?g$/i.test(name)) : OF_TESTDATA;
  if (names.length === 0) throw new Error(`there is no JPEG in ${folder}`);
  return names.toSorted().map((name) => join(folder ?? TESTDATA, name));
}

/** So many pictures of these files in turn. Each is one that nobody has sent before, since equal ones share their run. */
export async function picturesOf(paths: readonly string[], count: number): Promise<Picture[]> {
  const files = await Promise.all(paths.map(async (path) => ({ path, bytes: await readFile(path) })));
  return Array.from({ length: count }, (_, index) => {
    const file = files[index % files.length];
    if (!file) throw new Error('there are no pictures');
    return { path: file.path, bytes: Buffer.concat([file.bytes, uniqueTrailer()]) };
  });
}

export const namesOf = (paths: readonly string[]): string => paths.map((path) => basename(path)).join(', ');
