import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { eventually } from './eventually.ts';
import type { RunningService } from './service.ts';

/** The state letter of proc(5), such as `T` for stopped; null when there is no such process. */
async function stateOf(pid: number): Promise<string | null> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  // The name before it stands in brackets and may hold anything.
  return stat.slice(stat.lastIndexOf(')') + 2).charAt(0) || null;
}

/** A zombie has ended: only its parent has not looked yet. */
export async function isAlive(pid: number): Promise<boolean> {
  const state = await stateOf(pid);
  return state !== null && state !== 'Z' && state !== 'X';
}

/** Resolves when none of these processes lives. */
export async function gone(pids: readonly number[], patienceMs?: number): Promise<void> {
  await eventually(
    `the end of ${pids.join(', ')}`,
    async () => !(await Promise.all(pids.map(isAlive))).some(Boolean),
    patienceMs,
  );
}

/** A process and all that it has started: a worker in a sandbox has two above it, of which we know the first. */
export function familyOf(pid: number): number[] {
  const family = [pid];
  for (const member of family) {
    try {
      const children = readFileSync(`/proc/${member}/task/${member}/children`, 'utf8');
      family.push(...children.split(' ').filter(Boolean).map(Number));
    } catch {
      // It has ended.
    }
  }
  return family;
}

/**
 * Stops a process where it stands, with all that it has started; resolves when the kernel says that they do. It can still be
 * killed.
 * @param isThawed whether somebody has thawed it meanwhile: it need not stand still any more
 */
export async function freeze(pid: number, isThawed = () => false): Promise<void> {
  await eventually(`${pid} to stand still`, async () => {
    if (isThawed()) return true;
    const family = familyOf(pid);
    for (const member of family) signal(member, 'SIGSTOP');
    const states = await Promise.all(family.map(stateOf));
    return states.every((state) => state === null || 'TZX'.includes(state));
  });
}

export function thaw(pid: number): void {
  for (const member of familyOf(pid)) signal(member, 'SIGCONT');
}

/** As kill(2), but a process that has ended already is no error. */
export function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}

/**
 * Workers that run their own program. Between fork and exec a child must not be stopped: the service that starts it
 * waits for the exec, and would stand still as well.
 */
export async function startedWorkers(service: RunningService): Promise<number[]> {
  const pids = await service.workerPids();
  const commands = await Promise.all(
    pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')),
  );
  return pids.filter((_, index) => /\/(?:worker\/main|fault-loader)\.ts/.test(commands[index] ?? ''));
}

/** Stops all workers: what is handed to them from now on stays unfinished until somebody acts. */
export async function freezeWorkers(service: RunningService): Promise<number[]> {
  const pids = await startedWorkers(service);
  await Promise.all(pids.map((pid) => freeze(pid)));
  return pids;
}

/** The pid that a process knows itself by: in a container it is another one. */
async function ownPid(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  return Number(/^NSpid:.*\t(\d+)$/m.exec(status)?.[1] ?? pid);
}

/**
 * The pid, on this machine, of a worker by the one that the service knows it by.
 * @throws where no worker of it is called so: somebody else on this machine may be
 */
export async function workerCalled(service: RunningService, known: number | undefined): Promise<number> {
  for (const pid of await service.workerPids()) if ((await ownPid(pid)) === known) return pid;
  throw new Error(`the service has no worker ${known}`);
}

/** Workers that live and have said that they are ready. */
export async function readyWorkers(service: RunningService): Promise<number[]> {
  const ready = new Set(
    service.lines.filter(({ msg }) => msg === 'worker ready').map((line) => line.workerPid),
  );
  const living: number[] = [];
  for (const pid of await service.workerPids()) {
    if (ready.has(await ownPid(pid)) && (await isAlive(pid))) living.push(pid);
  }
  return living;
}

/** Kills one that is ready, and resolves with the others when the service knows: it hands that one no run any more. */
export async function killOneWorker(service: RunningService): Promise<number[]> {
  const [victim, ...others] = await readyWorkers(service);
  if (victim === undefined) throw new Error('there is no worker');
  const known = await ownPid(victim);
  signal(victim, 'SIGKILL');
  await service.logged(({ msg, workerPid }) => msg === 'worker died' && workerPid === known);
  return others;
}
