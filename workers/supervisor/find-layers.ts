import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import {
  type Isolation,
  type Layer,
  NAMESPACE_LAYERS,
  STANDING_LAYERS,
} from '../../shared/domain/isolation.ts';
import type { LaunchOptions } from './launch-options.ts';
import { whyNoSandbox } from './probe-sandbox.ts';
import type { WorkerProgram } from './program.ts';
import { sandboxCommand } from './sandbox.ts';
import { SandboxUnavailable } from './sandbox-unavailable.ts';
import type { Scratch } from './scratch.ts';
import type { WorkerFolder } from './worker-folder.ts';
import {
  BARE_ENVIRONMENT,
  become,
  SETPRIV,
  type WorkerUser,
  type WorkerUsers,
  whyNotAs,
} from './worker-user.ts';

const NOT_THERE = {
  setpriv: 'setpriv of util-linux is not there, or may not do it',
  prlimit: 'prlimit of util-linux is not there, or may not do it',
  root: 'the service is not root',
  user: 'it was tried, and cannot be: the log says why',
  sandbox: 'WORKER_SANDBOX is not strict',
};

export interface Layers {
  /** What a worker's command begins with. */
  prefixFor(folder: WorkerFolder, user: WorkerUser | null): string[];
  isolation: Isolation;
  hasUsers: boolean;
  whyRoot: string | null;
}

/**
 * Tries each layer on this machine.
 * @throws {SandboxUnavailable} where a sandbox is asked for, and one of them cannot be
 */
export async function findLayers(
  scratch: Scratch,
  { workerSandbox, workerMaxDataBytes, hidden }: LaunchOptions,
  program: WorkerProgram,
  users: WorkerUsers,
): Promise<Layers> {
  const isStrict = workerSandbox === 'strict';
  const isRoot = process.getuid?.() === 0;
  const hasSetpriv = await works('setpriv', SETPRIV);
  const memory = await whereItWorks('prlimit', `--data=${workerMaxDataBytes}`);
  const fileSize = await whereItWorks('prlimit', `--fsize=${workerMaxDataBytes}`);
  const limits = [...memory, ...fileSize];
  const whyRoot = isRoot ? await whyNoUser(scratch, program, users) : null;
  const hasUsers = isRoot && whyRoot === null;

  const prefixFor = (folder: WorkerFolder, user: WorkerUser | null) => [
    ...(hasSetpriv ? ['setpriv', ...SETPRIV, ...(user ? become(user) : [])] : []),
    ...(limits.length > 0 ? ['prlimit', ...limits] : []),
    ...(isStrict ? sandboxCommand(program, folder) : []),
  ];
  const tried: [Layer, why: string | null][] = [
    ['parent-death signal', hasSetpriv ? null : NOT_THERE.setpriv],
    ['no_new_privs', hasSetpriv ? null : NOT_THERE.setpriv],
    ['user of its own', isRoot ? whyRoot && NOT_THERE.user : NOT_THERE.root],
    ['memory limit', memory.length > 0 ? null : NOT_THERE.prlimit],
    ['file size limit', fileSize.length > 0 ? null : NOT_THERE.prlimit],
    ...NAMESPACE_LAYERS.map((layer): [Layer, string | null] => [layer, isStrict ? null : NOT_THERE.sandbox]),
  ];
  if (isStrict) {
    const failed = tried.find(([, why]) => why !== null && why !== NOT_THERE.root);
    const user = hasUsers ? users.take() : null;
    const why = failed
      ? `${failed[0]}: ${whyRoot ?? failed[1]}`
      : await inFolder(scratch, user, (folder) =>
          whyNoSandbox(prefixFor(folder, user), program.entry, folder, hidden),
        );
    if (user) users.giveBack(user);
    if (why !== null) throw new SandboxUnavailable(why);
  }
  return {
    prefixFor,
    isolation: {
      sandbox: workerSandbox,
      layers: [...STANDING_LAYERS, ...tried.filter(([, why]) => why === null).map(([layer]) => layer)],
      missing: tried.flatMap(([layer, why]) => (why === null ? [] : [{ layer, why }])),
    },
    hasUsers,
    whyRoot,
  };
}

async function whyNoUser(
  scratch: Scratch,
  { entry }: WorkerProgram,
  users: WorkerUsers,
): Promise<string | null> {
  const user = users.take();
  try {
    return await inFolder(scratch, user, (folder) => whyNotAs(user, folder.output, entry));
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  } finally {
    users.giveBack(user);
  }
}

/** Tries something in a folder as a worker has one. */
async function inFolder<T>(
  scratch: Scratch,
  user: WorkerUser | null,
  attempt: (folder: WorkerFolder) => Promise<T>,
): Promise<T> {
  const folder = scratch.newFolder(user);
  try {
    return await attempt(folder);
  } finally {
    await folder.leave();
  }
}

/** A launcher's option where it may do what that asks. */
const whereItWorks = async (launcher: string, option: string): Promise<string[]> =>
  (await works(launcher, [option])) ? [option] : [];

/** Whether a launcher is there, and may do what it is asked to: it starts itself, as an image may have no other program. */
async function works(launcher: string, options: string[]): Promise<boolean> {
  const command = [...options, launcher, '--version'];
  return promisify(execFile)(launcher, command, { env: BARE_ENVIRONMENT }).then(
    () => true,
    () => false,
  );
}
