import { chmod, mkdir, mkdtemp, rm, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { offerServers, type Starters } from './shared-servers.ts';

/** In memory, a sync takes no time: no test proves anything by the disk that it happens to run on. */
const IN_MEMORY = '/dev/shm';

/** Containers have some MiB there unless they are given more. */
const ENOUGH_BYTES = 2 ** 30;

/** What they stand on is loaded with the first that is asked for. */
const SERVERS: Starters = {
  postgres: async () => (await import('./postgres-server.ts')).PostgresServer.start(),
  migrated: async () => (await import('./migrated-database.ts')).migratedDatabase(),
  s3: async () => (await import('./s3-server.ts')).S3Server.start(),
};

/**
 * One folder for all that the tests make, in memory where there is room, and in it what Node has compiled: hundreds of
 * processes load the same modules. Vitest calls this before its first file, and what it returns after the last one.
 */
export async function setup(): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join((await hasRoom(IN_MEMORY)) ? IN_MEMORY : tmpdir(), 'darkroom-tests-'));
  // Workers are another user: they pass to what is theirs, and keep compiled code.
  await chmod(folder, 0o711);
  const code = join(folder, 'code');
  await mkdir(code);
  await chmod(code, 0o777);
  process.env.TMPDIR = folder;
  process.env.NODE_COMPILE_CACHE = code;
  const endServers = await offerServers(folder, SERVERS);
  return async () => {
    await endServers();
    // The last process that ends may still be writing to it.
    await rm(folder, { recursive: true, force: true, maxRetries: 10 });
  };
}

async function hasRoom(folder: string): Promise<boolean> {
  const { bavail, bsize } = await statfs(folder).catch(() => ({ bavail: 0, bsize: 0 }));
  return bavail * bsize >= ENOUGH_BYTES;
}
