import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { BARE_ENVIRONMENT, become, SETPRIV, WORKER_USER, type WorkerUser, whyNotAs } from './worker-user.ts';

const WORKER = fileURLToPath(new URL('../worker/main.ts', import.meta.url));

/**
 * A worker has little of its own on its heap, and beside it the pixels of a picture. V8 begins with so small a heap that those
 * alone make it collect all garbage with each picture, which takes a tenth of the time of a run; MiB.
 */
const NODE_FLAGS = process.versions.bun ? [] : ['--initial-heap-size=96'];

/** Starts a worker process and gives its handle. */
export type Launch = () => ChildProcess;

/** How workers are started on this machine. */
export interface Launching {
  launch: Launch;
  layers: string[];
  /** Null: the service's own. */
  user: WorkerUser | null;
  /** Why workers are root as the service is; null where they are not. */
  whyRoot: string | null;
}

/**
 * Finds out once how workers are started on this machine.
 * @param workingFolder where workers stand: a folder of the scratch that holds nothing of the service's
 * @param maxDataBytes the most memory that a worker may have for data; then its decoder is told that there is no more,
 *   instead of the kernel ending the container
 * @param entry the worker's program; tests put misbehaving ones here
 */
export async function prepareLaunch(
  workingFolder: string,
  maxDataBytes: number,
  entry = WORKER,
): Promise<Launching> {
  const prefix: string[] = [];
  const layers: string[] = [];
  if (await works('setpriv', SETPRIV)) {
    prefix.push('setpriv', ...SETPRIV);
    layers.push('parent-death signal', 'no_new_privs');
  }
  const isRoot = process.getuid?.() === 0;
  const whyRoot = isRoot ? await whyNotAs(WORKER_USER, workingFolder, entry) : null;
  const user = isRoot && whyRoot === null ? WORKER_USER : null;
  if (user) {
    prefix.push(...become(user));
    layers.push('unprivileged user');
  }
  const limit = [`--data=${maxDataBytes}`];
  if (await works('prlimit', limit)) {
    prefix.push('prlimit', ...limit);
    layers.push('memory limit');
  }
  const command = [...prefix, process.execPath, ...NODE_FLAGS, entry];
  return { launch: () => spawnWorker(command, workingFolder), layers, user, whyRoot };
}

/** Whether a launcher is there, and may do what it is asked to. */
async function works(launcher: string, options: string[]): Promise<boolean> {
  return promisify(execFile)(launcher, [...options, 'true'], { env: BARE_ENVIRONMENT }).then(
    () => true,
    () => false,
  );
}

/** Must be called from the main thread: a parent-death signal is bound to the thread that spawned. */
function spawnWorker([file = '', ...args]: string[], workingFolder: string): ChildProcess {
  return spawn(file, args, {
    cwd: workingFolder,
    env: BARE_ENVIRONMENT,
    // Messages go by the first and come by the last.
    stdio: ['pipe', 'pipe', 'pipe', 'pipe'],
    // A process group of its own, so that all of it can be killed, and a terminal's Ctrl-C does not reach it.
    detached: true,
  });
}
