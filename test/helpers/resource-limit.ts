import { execFileSync, spawnSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';

/** Null where {@link limitResource} can work. */
export function whyNoLimits(): string | null {
  const { status, error } = spawnSync('prlimit', ['--nofile', 'true']);
  return status === 0 ? null : `skipped: there is no prlimit: ${error?.message}`;
}

/**
 * Lets a process have no more of what it has: what it has got it keeps. The limit is lifted when this is disposed of.
 * @param uid the user of that process, who alone may do this where root may not
 */
export async function limitResource(
  pid: number,
  resource: 'nofile' | 'nproc',
  uid = process.getuid?.(),
): Promise<Disposable> {
  const names = { nofile: 'Max open files', nproc: 'Max processes' };
  const limits = await readFile(`/proc/${pid}/limits`, 'utf8');
  const soft = new RegExp(`^${names[resource]} +(\\w+)`, 'm').exec(limits)?.[1] ?? 'unlimited';
  const set = (limit: string) =>
    execFileSync('prlimit', ['--pid', String(pid), `--${resource}=${limit}:`], { uid, gid: uid });
  set('3');
  return { [Symbol.dispose]: () => void set(soft) };
}
