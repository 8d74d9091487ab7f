import { readdir, readFile, readlink } from 'node:fs/promises';

/**
 * What a process has open, as `ls -l /proc/<pid>/fd` has it, sorted and without numbers. TCP connections are left out:
 * clients keep theirs as long as they like.
 */
export async function descriptorsOf(pid: number): Promise<string[]> {
  const folder = `/proc/${pid}/fd`;
  const connections = await inodes(`/proc/${pid}/net/tcp`);
  const open: string[] = [];
  for (const descriptor of await readdir(folder)) {
    const target = await readlink(`${folder}/${descriptor}`).catch(() => null);
    const [, kind = target, inode = ''] = /^(\w+):\[(\d+)\]$/.exec(target ?? '') ?? [];
    if (kind !== null && !connections.has(inode)) open.push(kind);
  }
  return open.sort();
}

/** Of the sockets in a table of proc(5). */
async function inodes(table: string): Promise<Set<string>> {
  const lines = (await readFile(table, 'utf8')).trim().split('\n').slice(1);
  return new Set(lines.map((line) => line.trim().split(/\s+/)[9] ?? ''));
}
