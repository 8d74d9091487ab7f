import { spawn, spawnSync } from 'node:child_process';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { RUNTIME, RunningService } from './service.ts';
import { storesOf } from './stores.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** Runs a command where nobody can start setpriv: in a mount namespace of its own, with the same pid. */
const WITHOUT_SETPRIV = [
  'unshare',
  '--map-root-user',
  '--mount',
  'sh',
  '-c',
  'if at=$(command -v setpriv); then mount --bind /dev/null "$at" || exit; fi; exec "$@"',
  'sh',
] as const;

const [UNSHARE, ...ARGS] = WITHOUT_SETPRIV;

/** Null where {@link startWithoutSetpriv} can be; containers and some distributions allow no namespaces. */
export function whyNotWithoutSetpriv(): string | null {
  const { status, stderr, error } = spawnSync(UNSHARE, [...ARGS, 'true'], { encoding: 'utf8' });
  return status === 0 ? null : `skipped: setpriv cannot be hidden: ${error?.message ?? stderr}`;
}

/** Starts the service on a machine that seems to have no setpriv, and waits until all its workers are ready. */
export async function startWithoutSetpriv(): Promise<RunningService> {
  const folder = await mkdtemp(join(tmpdir(), 'darkroom-test-'));
  const { env } = await storesOf({ folder });
  const runtime = join(ROOT, 'node_modules/.bin', RUNTIME);
  const child = spawn(UNSHARE, [...ARGS, runtime, join(ROOT, 'server/main.ts')], {
    cwd: ROOT,
    env: { PATH: process.env.PATH, BASE_PATH: folder, HOST: '127.0.0.1', PORT: '0', N_WORKERS: '2', ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const service = new RunningService(child, folder, true);
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
