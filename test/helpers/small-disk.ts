import { spawn, spawnSync } from 'node:child_process';
import { open, rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { errorCode } from '../../shared/errors.ts';
import { ownFolder } from './own-folder.ts';
import { RUNTIME, RunningService } from './service.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** Runs a command with a small disk of its own at $BASE_PATH: in a mount namespace, which ends with it. */
const ON_SMALL_DISK = [
  'unshare',
  '--map-root-user',
  '--mount',
  'sh',
  '-c',
  'mount -t tmpfs -o size=24m,mode=711 tmpfs "$BASE_PATH" && exec "$@"',
  'sh',
] as const;

const [UNSHARE, ...ARGS] = ON_SMALL_DISK;

/** Null where {@link startOnSmallDisk} can be; containers and some distributions allow no namespaces. */
export async function whyNotOnSmallDisk(): Promise<string | null> {
  const env = { PATH: process.env.PATH, BASE_PATH: await ownFolder() };
  const { status, stderr, error } = spawnSync(UNSHARE, [...ARGS, 'true'], { encoding: 'utf8', env });
  return status === 0 ? null : `skipped: no disk can be mounted: ${error?.message ?? stderr}`;
}

/** Starts the service on a disk of 24 MiB, and waits until all its workers are ready. */
export async function startOnSmallDisk(env: Record<string, string> = {}): Promise<RunningService> {
  const folder = await ownFolder();
  const runtime = join(ROOT, 'node_modules/.bin', RUNTIME);
  const child = spawn(UNSHARE, [...ARGS, runtime, join(ROOT, 'server/main.ts')], {
    cwd: ROOT,
    env: {
      PATH: process.env.PATH,
      BASE_PATH: folder,
      HOST: '127.0.0.1',
      PORT: '0',
      N_WORKERS: '2',
      ...env,
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  // What is mounted there, only that process and who looks through its eyes can see.
  const service = new RunningService(child, `/proc/${child.pid}/root${folder}`, false);
  try {
    const { url } = await service.logged('listening');
    Object.assign(service, { url });
    let ready = 0;
    // The spare makes one more.
    await service.logged((line) => line.msg === 'worker ready' && ++ready === 3);
    return service;
  } catch (error) {
    await service[Symbol.asyncDispose]();
    throw error;
  }
}

const fillerOf = ({ folder }: RunningService): string => join(folder, 'filler');

/** Fills the disk of a service until there is room for a file of so many bytes, and for nothing else. */
export async function fillDisk(service: RunningService, roomFor = 0): Promise<void> {
  const filler = await open(fillerOf(service), 'w');
  try {
    const { bavail, bsize } = await statfs(service.folder);
    const blocks = bavail - Math.ceil(roomFor / bsize);
    for (let block = 0; block < blocks; block++) await filler.write(Buffer.alloc(bsize));
  } catch (error) {
    // The service itself may have taken the last of it meanwhile.
    if (errorCode(error) !== 'ENOSPC') throw error;
  } finally {
    await filler.close();
  }
}

export async function makeRoom(service: RunningService): Promise<void> {
  await rm(fillerOf(service));
}
