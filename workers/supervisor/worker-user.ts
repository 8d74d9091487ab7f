import { type ChildProcess, type ExecFileException, execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** Dies with the parent even in a busy loop, and gains no rights by any program that it starts. */
export const SETPRIV = ['--pdeathsig', 'KILL', '--no-new-privs'];

/** Nothing of the service's environment, and one malloc arena a core less: freed pictures go back to the system. */
export const BARE_ENVIRONMENT = { PATH: '/usr/local/bin:/usr/bin:/bin', MALLOC_ARENA_MAX: '2' };

/** Who a worker is where it is not the service's own user. */
export interface WorkerUser {
  uid: number;
  gid: number;
}

/** systemd leaves 60706 to 61183 to nobody (its UIDS-GIDS.md), and a user namespace of the usual size, 65536, has them. */
const FIRST = 60_706;
const COUNT = 478;

/**
 * A user for each worker: none can read or signal what another has. The one that was given back last is taken last, as
 * something of its worker may live on. Two services on one machine have the same.
 */
export class WorkerUsers {
  readonly #free = Array.from({ length: COUNT }, (_, index) => FIRST + index);

  take(): WorkerUser {
    const id = this.#free.shift();
    if (id === undefined) throw new Error(`there are no more than ${COUNT} users for workers`);
    return { uid: id, gid: id };
  }

  giveBack({ uid }: WorkerUser): void {
    this.#free.push(uid);
  }
}

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

/** setpriv sets the parent-death signal after these, as it must: a change of user clears it. */
export const become = ({ uid, gid }: WorkerUser) => [`--reuid=${uid}`, `--regid=${gid}`, '--clear-groups'];

/**
 * Tries all that workers of this user do, and all that is done to them: they read the code and write to the scratch;
 * we kill them, and read what they have written. A root without its capabilities may fail at either.
 * @param outputFolder of this user
 * @returns what went wrong; null when nothing did
 */
export async function whyNotAs(
  user: WorkerUser,
  outputFolder: string,
  entry: string,
): Promise<string | null> {
  const file = join(outputFolder, 'written');
  try {
    const code = [entry, createRequire(import.meta.url).resolve('sharp')];
    await runProbe(user, [file, ...code]);
    await readFile(file);
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

async function runProbe(user: WorkerUser, paths: string[]): Promise<void> {
  const command = [...SETPRIV, ...become(user), process.execPath, '-e', PROBE, ...paths];
  const probing = promisify(execFile)('setpriv', command, { env: BARE_ENVIRONMENT, cwd: '/' });
  const probe = probing.child;
  probe.stdout?.once('data', () => {
    kill(probe);
    probe.stdin?.end();
  });
  const { signal, stderr, message } = await probing.then(
    () => ({ signal: null, stderr: '', message: 'it ended by itself' }),
    (error: ExecFileException) => error,
  );
  if (signal !== 'SIGKILL') throw new Error(stderr || message);
}

/** Where that is not allowed, its end tells; `ChildProcess.kill` would make an end of it that is none. */
function kill({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) process.kill(pid, 'SIGKILL');
  } catch {}
}
