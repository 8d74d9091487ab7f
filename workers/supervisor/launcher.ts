import { chown, mkdir, readFile, rm, rmdir } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';

const WORKER = fileURLToPath(new URL('../worker/main.ts', import.meta.url));

/** Dies with the parent even in a busy loop, and gains no rights by any program that it starts. */
const SETPRIV = ['--pdeathsig', 'KILL', '--no-new-privs'];

/** Nothing of the service's environment, and one malloc arena a core less: freed pictures go back to the system. */
const BARE = {
  env: { PATH: '/usr/local/bin:/usr/bin:/bin', MALLOC_ARENA_MAX: '2' },
  extendEnv: false,
} as const;

/** Who workers are where they are not the service's own user. */
export interface WorkerUser {
  uid: number;
  gid: number;
}

/**
 * One for all workers, and of nobody else: systemd leaves 65520 to 65533 free, distroless images run as 65532, and a
 * user namespace of the usual size, 65536, still has this one.
 */
const WORKER_USER: WorkerUser = { uid: 65_530, gid: 65_530 };

/**
 * Sees that it can read the code, writes a file that only it may read, says so, and waits to be killed: when its input
 * ends, it was not.
 */
const PROBE = `
  import { accessSync, constants, writeFileSync } from 'node:fs';
  const [file, ...code] = process.argv.slice(1);
  const end = (why) => process.stderr.write(why, () => process.exit(1));
  try {
    for (const path of code) accessSync(path, constants.R_OK);
    writeFileSync(file, '', { mode: 0o600 });
    process.stdout.write('done');
    process.stdin.resume().on('end', () => end('a process of this user cannot be killed'));
  } catch (error) {
    end(error.message);
  }
`;

/** Starts a worker process and gives its handle. */
export type Launch = () => ReturnType<typeof spawnWorker>;

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
 * @param entry the worker's program; tests put misbehaving ones here
 */
export async function prepareLaunch(workingFolder: string, entry = WORKER): Promise<Launching> {
  const { failed } = await execa('setpriv', [...SETPRIV, 'true'], {
    ...BARE,
    reject: false,
    stdio: 'ignore',
  });
  const prefix = failed ? [] : ['setpriv', ...SETPRIV];
  const layers = failed ? [] : ['parent-death signal', 'no_new_privs'];
  const isRoot = process.getuid?.() === 0;
  const whyRoot = isRoot ? await whyNotAs(WORKER_USER, workingFolder, entry) : null;
  const user = isRoot && whyRoot === null ? WORKER_USER : null;
  if (user) {
    prefix.push(...become(user));
    layers.push('unprivileged user');
  }
  const command = [...prefix, process.execPath, entry];
  return { launch: () => spawnWorker(command, workingFolder), layers, user, whyRoot };
}

/** setpriv sets the parent-death signal after these, as it must: a change of user clears it. */
const become = ({ uid, gid }: WorkerUser) => [`--reuid=${uid}`, `--regid=${gid}`, '--clear-groups'];

/**
 * Tries all that workers of this user do, and all that is done to them: they read the code and write to the scratch;
 * we kill them, read what they have written, and remove it. A root without its capabilities may fail at either.
 * @returns what went wrong; null when nothing did
 */
async function whyNotAs(user: WorkerUser, workingFolder: string, entry: string): Promise<string | null> {
  const folder = join(workingFolder, 'probe');
  const file = join(folder, 'written');
  try {
    const code = [entry, createRequire(WORKER).resolve('sharp')];
    await mkdir(folder, { recursive: true });
    try {
      await chown(folder, user.uid, user.gid);
      await runProbe(user, workingFolder, [file, ...code]);
      await readFile(file);
    } finally {
      await rm(file, { force: true });
      await rmdir(folder);
    }
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

async function runProbe(user: WorkerUser, workingFolder: string, paths: string[]): Promise<void> {
  const command = [...SETPRIV, ...become(user), process.execPath, '-e', PROBE, ...paths];
  const probe = execa('setpriv', command, { ...BARE, cwd: workingFolder, reject: false });
  probe.stdout.once('data', () => {
    probe.kill('SIGKILL');
    probe.stdin.end();
  });
  const { signal, stderr, originalMessage, exitCode } = await probe;
  if (signal !== 'SIGKILL') throw new Error(stderr || (originalMessage ?? `exit code ${exitCode}`));
}

/** Must be called from the main thread: a parent-death signal is bound to the thread that spawned. */
function spawnWorker([file = '', ...args]: string[], workingFolder: string) {
  const worker = execa(file, args, {
    cwd: workingFolder,
    ...BARE,
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
