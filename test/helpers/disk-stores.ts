import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { filesBelow } from './files-below.ts';
import type { Stores } from './stores.ts';

/** In the folders of a service that is alone. */
export class DiskStores implements Stores {
  readonly env = {};
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  async originals(): Promise<string[]> {
    return (await filesBelow(join(this.#folder, 'originals'))).map((path) => basename(path));
  }

  async published(): Promise<string[]> {
    const files = await filesBelow(join(this.#folder, 'variants'));
    return files.map((path) => path.slice(path.indexOf('/') + 1));
  }

  async parts(): Promise<Map<string, number>> {
    const root = join(this.#folder, 'resumable');
    const files = await filesBelow(root);
    const sizes = files.map(
      async (path): Promise<[string, number]> => [
        path.slice(path.indexOf('/') + 1),
        (await stat(join(root, path))).size,
      ],
    );
    return new Map(await Promise.all(sizes));
  }

  original(image: string): Promise<Buffer> {
    return readFile(this.#originalPath(image));
  }

  async removeOriginal(image: string): Promise<void> {
    await rm(this.#originalPath(image));
  }

  strewOriginal(image: string): Promise<void> {
    return strew(this.#originalPath(image));
  }

  strewVariant(run: string, file: string): Promise<void> {
    return strew(join(this.#folder, 'variants', run.slice(0, 2), run, file));
  }

  async leftovers(): Promise<null> {
    return null;
  }

  async sweep(): Promise<void> {}

  /** It ends with the folder. */
  async end(): Promise<void> {}

  #originalPath(image: string): string {
    return join(this.#folder, 'originals', image.slice(0, 2), image);
  }
}

async function strew(path: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, 'left over');
}
