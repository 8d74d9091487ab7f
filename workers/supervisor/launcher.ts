import { fileURLToPath } from 'node:url';
import { execa } from 'execa';

const WORKER = fileURLToPath(new URL('../worker/main.ts', import.meta.url));

/** Dies with the parent even in a busy loop, and gains no rights by any program that it starts. */
const SETPRIV = ['--pdeathsig', 'KILL', '--no-new-privs'];

/** Starts a worker process and gives its handle. */
export type Launch = () => ReturnType<typeof spawnWorker>;

/**
 * Finds out once how workers are started on this machine.
 * @param workingFolder where workers stand: a folder that holds nothing of the service's
 * @param entry the worker's program; tests put misbehaving ones here
 */
export async function prepareLaunch(
  workingFolder: string,
  entry = WORKER,
): Promise<{ launch: Launch; layers: string[] }> {
  const { failed } = await execa('setpriv', [...SETPRIV, 'true'], { reject: false, stdio: 'ignore' });
  const prefix = failed ? [] : ['setpriv', ...SETPRIV, '--'];
  const layers = failed ? [] : ['parent-death signal', 'no_new_privs'];
  return { launch: () => spawnWorker([...prefix, process.execPath, entry], workingFolder), layers };
}

/** Must be called from the main thread: a parent-death signal is bound to the thread that spawned. */
function spawnWorker([file = '', ...args]: string[], workingFolder: string) {
  const worker = execa(file, args, {
    cwd: workingFolder,
    // Nothing of the service's environment, and one malloc arena a core less: freed pictures go back to the system.
    env: { PATH: '/usr/local/bin:/usr/bin:/bin', MALLOC_ARENA_MAX: '2' },
    extendEnv: false,
    ipc: true,
    serialization: 'json',
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
    buffer: false,
    // A process group of its own, so that all of it can be killed, and a terminal's Ctrl-C does not reach it.
    detached: true,
    cleanup: false,
    reject: false,
  });
  return worker.nodeChildProcess;
}
