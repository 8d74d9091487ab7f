import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { signal } from './processes.ts';
import { dataFolder, RUNTIME, RunningService, SANDBOX } from './service.ts';
import { storesOf } from './stores.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const { NODE_COMPILE_CACHE } = process.env;
const COMMANDS = {
  alone: [join(ROOT, 'node_modules/.bin', RUNTIME), 'server/main.ts'],
  npm: ['npm', 'run', RUNTIME === 'bun' ? 'start:bun' : 'start'],
} as const;

/** The service as a terminal starts it, alone or with npm above it: all in a process group of its own. */
export class ProcessGroup extends RunningService {
  /** Of the service itself, whatever stands above it. */
  servicePid: number | null = null;

  override get pid(): number {
    return this.servicePid ?? super.pid;
  }

  /** A Ctrl-C: a terminal sends it to the whole group. */
  interrupt(): void {
    signal(-super.pid, 'SIGINT');
  }

  override async [Symbol.asyncDispose](): Promise<void> {
    signal(-super.pid, 'SIGKILL');
    await super[Symbol.asyncDispose]();
  }
}

/** Starts the service in a group of its own, and resolves when all its workers are ready. */
export async function startInGroup(how: keyof typeof COMMANDS = 'alone'): Promise<ProcessGroup> {
  const folder = await dataFolder();
  const { env } = await storesOf({ folder });
  const [command, ...args] = COMMANDS[how];
  const child = spawn(command, args, {
    cwd: ROOT,
    detached: true,
    env: {
      PATH: process.env.PATH,
      BASE_PATH: folder,
      HOST: '127.0.0.1',
      WORKER_SANDBOX: SANDBOX,
      PORT: '0',
      N_WORKERS: '1',
      ...env,
      ...(NODE_COMPILE_CACHE !== undefined && { NODE_COMPILE_CACHE }),
      // npm keeps its own files out of the home folder.
      npm_config_cache: join(folder, 'npm'),
      npm_config_update_notifier: 'false',
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const group = new ProcessGroup(child, folder, true);
  try {
    const { url, pid } = await group.logged('listening');
    Object.assign(group, { url, servicePid: pid });
    let ready = 0;
    await group.logged((line) => line.msg === 'worker ready' && ++ready === 2);
    return group;
  } catch (error) {
    await group[Symbol.asyncDispose]();
    throw error;
  }
}
