import { readFile } from 'node:fs/promises';

/** Of USER_HZ, which Linux shows to every program as 100. */
const MS_PER_TICK = 10;

/** Milliseconds of CPU that a process has used, with those of its children that have ended, as proc(5) has them. */
export function cpuMsOf(stat: string): number {
  // The name before it stands in brackets and may hold anything.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const ticks = fields.slice(11, 15).map(Number);
  return ticks.reduce((sum, it) => sum + it, 0) * MS_PER_TICK;
}

/** The highest resident set of a process so far, in MiB. */
export function peakMiBOf(status: string): number {
  return Number(/^VmHWM:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) / 1024;
}

const read = (pid: number, file: string) => readFile(`/proc/${pid}/${file}`, 'utf8').catch(() => '');

export async function cpuMs(pids: readonly number[]): Promise<number> {
  const stats = await Promise.all(pids.map((pid) => read(pid, 'stat')));
  return stats.reduce((sum, stat) => sum + (stat === '' ? 0 : cpuMsOf(stat)), 0);
}

/** Of all of them, each at its own highest: what they can need together at the most. */
export async function peakMiB(pids: readonly number[]): Promise<number> {
  const all = await Promise.all(pids.map((pid) => read(pid, 'status')));
  return all.reduce((sum, status) => sum + peakMiBOf(status), 0);
}

/** Its children, as the kernel sees them. */
export async function childrenOf(pid: number): Promise<number[]> {
  return (await read(pid, `task/${pid}/children`)).split(' ').filter(Boolean).map(Number);
}
