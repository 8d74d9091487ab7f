import { fileSystemOf, OF_THIS_MACHINE } from './file-system.ts';

/** SQLite would lie on another machine's disk. */
export class NetworkFileSystem extends Error {
  /** @param name of the file system */
  constructor(folder: string, name: string) {
    super(
      `${folder} is on ${name}, a network file system, where SQLite may lose what was accepted: ` +
        'have BASE_PATH or DATABASE_URL=sqlite:… name a folder on a disk of this machine, or use PostgreSQL',
    );
    this.name = 'NetworkFileSystem';
  }
}

/**
 * For a folder that SQLite is to work in. Where nothing can be told it passes.
 * @throws {NetworkFileSystem}
 */
export async function refuseNetworkFolder(folder: string, systems = OF_THIS_MACHINE): Promise<void> {
  const found = await fileSystemOf(folder, systems).catch(() => null);
  if (found?.kind === 'network') throw new NetworkFileSystem(folder, found.name);
}
