import { type ChildProcess, spawn } from 'node:child_process';
import type { Isolation } from '../../shared/domain/isolation.ts';
import { findLayers } from './find-layers.ts';
import type { LaunchOptions } from './launch-options.ts';
import { WORKER_PROGRAM, type WorkerProgram } from './program.ts';
import type { Scratch } from './scratch.ts';
import type { WorkerFolder } from './worker-folder.ts';
import { BARE_ENVIRONMENT, type WorkerUser, WorkerUsers } from './worker-user.ts';

/**
 * A worker has little of its own on its heap, and beside it the pixels of a picture. V8 begins with so small a heap that those
 * alone make it collect all garbage with each picture, which takes a tenth of the time of a run; MiB.
 */
const NODE_FLAGS = process.versions.bun ? [] : ['--initial-heap-size=96'];

/** A worker process, and what it was given. */
export interface Launched {
  child: ChildProcess;
  folder: WorkerFolder;
  /** To be called when it has ended: what it has written is removed. */
  leave(): Promise<void>;
}

/** Starts a worker process. */
export type Launch = () => Launched;

/** How workers are started on this machine. */
export interface Launching {
  launch: Launch;
  isolation: Isolation;
  /** Each worker is a user of its own, and not the service's. */
  hasUsers: boolean;
  /** Why workers are root as the service is; null where they are not. */
  whyRoot: string | null;
}

/**
 * Finds out once how workers are started on this machine.
 * @param program what workers run; tests put misbehaving ones here
 * @throws {SandboxUnavailable} where they are to be in a sandbox, and cannot be
 */
export async function prepareLaunch(
  scratch: Scratch,
  options: LaunchOptions,
  program: WorkerProgram = WORKER_PROGRAM,
): Promise<Launching> {
  const users = new WorkerUsers();
  const { prefixFor, isolation, hasUsers, whyRoot } = await findLayers(scratch, options, program, users);
  const giveBack = (user: WorkerUser | null) => user && users.giveBack(user);
  const startAs = (user: WorkerUser | null) => {
    const folder = scratch.newFolder(user);
    const leave = () => {
      giveBack(user);
      return folder.leave();
    };
    const command = [...prefixFor(folder, user), process.execPath, ...NODE_FLAGS, program.entry];
    try {
      return { child: spawnWorker(command, program.shared ?? folder.temporary), folder, leave };
    } catch (error) {
      folder.abandon();
      throw error;
    }
  };
  const launch = () => {
    const user = hasUsers ? users.take() : null;
    try {
      return startAs(user);
    } catch (error) {
      giveBack(user);
      throw error;
    }
  };
  return { launch, isolation, hasUsers, whyRoot };
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
