import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Readable } from 'node:stream';
import { json } from 'node:stream/consumers';
import { z } from 'zod';
import { giveTo, type Image } from './image.ts';
import { signal } from './processes.ts';

/** What bubblewrap tells of what it has started, as the machine sees it. */
const Info = z.object({ 'child-pid': z.int() });

export interface ContainerOptions {
  /** Variables beside those of the image. A path of this machine in one of them is there in the container, too. */
  env?: Record<string, string>;
  /** What is mounted at /data; else there is an empty folder in memory. */
  data?: string;
  /** In place of the command that the image has. */
  command?: readonly string[];
  /** In place of the entry point as well, as `docker exec` has it. */
  program?: readonly string[];
  stdio?: 'pipe' | 'inherit';
}

/**
 * Starts an image as an engine does: its own command as its own user, without capabilities, on a root that nobody can write to,
 * with its volumes, and in namespaces of its own but for the network. What comes back is the process to whoever watches it: it
 * has the exit code of the first process in there, which gets the signals, and the pid of what that one has started.
 */
export function startContainer({ root, config }: Image, options: ContainerOptions = {}): ChildProcess {
  const { env = {}, data, command = config.Cmd, program, stdio = 'inherit' } = options;
  const [uid, gid] = config.User.split(':').map(Number);
  const args = [
    ...[
      '--unshare-user',
      '--unshare-pid',
      '--unshare-ipc',
      '--unshare-uts',
      '--as-pid-1',
      '--die-with-parent',
    ],
    ...['--cap-drop', 'ALL', '--info-fd', '3'],
    ...['--ro-bind', root, '/', '--proc', '/proc', '--dev', '/dev'],
    ...Object.keys(config.Volumes).flatMap((path) => ['--tmpfs', path]),
    ...(data === undefined ? [] : ['--bind', data, '/data']),
    ...Object.values(env).flatMap(mountOf),
    ...['--chdir', config.WorkingDir, '--clearenv'],
    ...[...config.Env.map(parted), ...Object.entries(env)].flatMap((variable) => ['--setenv', ...variable]),
    '--',
    ...(program ?? [...config.Entrypoint, ...command]),
  ];
  const pipes: StdioOptions = ['ignore', 'pipe', stdio, 'pipe'];
  const child = spawn('bwrap', args, {
    ...(uid !== undefined && { uid }),
    ...(gid !== undefined && { gid }),
    cwd: '/',
    stdio: pipes,
  });
  return asIfAlone(child);
}

/**
 * Starts the service of an image.
 * @param folder its volume for data, which its user is made the owner of
 * @param ofTests what a test wants the service to be started with; no image has any of it
 */
export async function serveImage(
  image: Image,
  folder: string,
  env: Record<string, string>,
  ofTests: Record<string, unknown>,
): Promise<ChildProcess> {
  const unmet = Object.keys(ofTests).filter((name) => ofTests[name]);
  if (unmet.length > 0) throw new Error(`an image cannot be started with ${unmet.join(', ')}`);
  await giveTo(image, folder, ...Object.values(env));
  return startContainer(image, { data: folder, env });
}

/** Bubblewrap itself stays between: it passes on the exit code, and no signal. */
function asIfAlone(child: ChildProcess): ChildProcess {
  const outer = child.pid;
  let first: number | null = null;
  const known = json(child.stdio[3] as Readable).then((info) => {
    first = Info.parse(info)['child-pid'];
    return first;
  });
  known.catch(() => {}); // it could not be started, as its exit code says
  Object.defineProperty(child, 'pid', { get: () => (first !== null && childOf(first)) || outer });
  child.kill = (name = 'SIGTERM') => {
    void known.then((pid) => signal(pid, name as NodeJS.Signals));
    return true;
  };
  return child;
}

function childOf(pid: number): number | null {
  try {
    return Number.parseInt(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8'), 10) || null;
  } catch {
    return null;
  }
}

function parted(variable: string): [name: string, value: string] {
  const at = variable.indexOf('=');
  return [variable.slice(0, at), variable.slice(at + 1)];
}

/** Folders may be written to; of a file its folder is there to be read, as a Secret is mounted, so that it may be replaced. */
function mountOf(path: string): string[] {
  const stat = path.startsWith('/') && statSync(path, { throwIfNoEntry: false });
  if (!stat) return [];
  return stat.isDirectory() ? ['--bind', path, path] : ['--ro-bind', dirname(path), dirname(path)];
}
