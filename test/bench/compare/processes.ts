import { readFile, writeFile } from 'node:fs/promises';
import { setInterval } from 'node:timers/promises';

/** Of USER_HZ, which Linux shows to every program as 100. */
const MS_PER_TICK = 10;

/** Milliseconds of CPU that a process has used, with those of its children that have ended, as proc(5) has them. */
export function cpuMsOf(stat: string): number {
  // The name before it stands in brackets and may hold anything.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const ticks = fields.slice(11, 15).map(Number);
  return ticks.reduce((sum, it) => sum + it, 0) * MS_PER_TICK;
}

/** The resident set of a process in MiB: now, or at its highest so far. */
export function mibOf(status: string, field: 'VmRSS' | 'VmHWM'): number {
  return Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? 0) / 1024;
}

const read = (pid: number, file: string) => readFile(`/proc/${pid}/${file}`, 'utf8').catch(() => '');

export async function cpuMs(pids: readonly number[]): Promise<number> {
  const stats = await Promise.all(pids.map((pid) => read(pid, 'stat')));
  return stats.reduce((sum, stat) => sum + (stat === '' ? 0 : cpuMsOf(stat)), 0);
}

async function sumOf(pids: readonly number[], field: 'VmRSS' | 'VmHWM'): Promise<number> {
  const all = await Promise.all(pids.map((pid) => read(pid, 'status')));
  return all.reduce((sum, status) => sum + mibOf(status, field), 0);
}

/** Of all of them, each at its own highest: what they can need together at the most. */
export const peakMiB = (pids: readonly number[]): Promise<number> => sumOf(pids, 'VmHWM');

/** The highest so far becomes what they have now: the 5 of clear_refs in proc(5). */
export async function forgetPeaks(pids: readonly number[]): Promise<void> {
  // A process that has ended has no peak; the peak of one that we may not touch is that of all scenarios so far.
  await Promise.all(pids.map((pid) => writeFile(`/proc/${pid}/clear_refs`, '5').catch(() => {})));
}

const LOOK_EVERY_MS = 100;

/** Looks again and again at what the processes have together, until it is asked for the most. */
export function watchRss(pids: () => Promise<number[]>): { most(): Promise<number> } {
  const over = new AbortController();
  let most = 0;
  const looking = (async () => {
    for await (const _ of setInterval(LOOK_EVERY_MS, undefined, { signal: over.signal })) {
      most = Math.max(most, await sumOf(await pids(), 'VmRSS'));
    }
  })().catch((error) => {
    if (!over.signal.aborted) throw error;
  });
  return {
    async most() {
      over.abort();
      await looking;
      return Math.max(most, await sumOf(await pids(), 'VmRSS'));
    },
  };
}

/** Its children, as the kernel sees them. */
export async function childrenOf(pid: number): Promise<number[]> {
  return (await read(pid, `task/${pid}/children`)).split(' ').filter(Boolean).map(Number);
}
