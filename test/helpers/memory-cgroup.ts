import { existsSync } from 'node:fs';
import { mkdir, readFile, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** The names of cgroup v2, and of v1. */
const HIERARCHIES = [
  {
    root: '/sys/fs/cgroup',
    there: '/sys/fs/cgroup/cgroup.controllers',
    limit: 'memory.max',
    peak: 'memory.peak',
    events: 'memory.events',
  },
  {
    root: '/sys/fs/cgroup/memory',
    there: '/sys/fs/cgroup/memory/memory.limit_in_bytes',
    limit: 'memory.limit_in_bytes',
    peak: 'memory.max_usage_in_bytes',
    events: 'memory.oom_control',
  },
] as const;

/** A limit of memory for processes together, as a container has it. Needs root. */
export class MemoryCgroup {
  readonly #folder: string;
  readonly #names: (typeof HIERARCHIES)[number];

  private constructor(folder: string, names: (typeof HIERARCHIES)[number]) {
    this.#folder = folder;
    this.#names = names;
  }

  static async create(bytes: number): Promise<MemoryCgroup> {
    const names = HIERARCHIES.find(({ there }) => existsSync(there));
    if (!names) throw new Error('there is no memory controller here');
    const cgroup = new MemoryCgroup(join(names.root, `darkroom-${process.pid}`), names);
    await mkdir(cgroup.#folder);
    await writeFile(join(cgroup.#folder, names.limit), String(bytes));
    return cgroup;
  }

  /** Before a command and its arguments: runs it within. */
  get prefix(): string[] {
    return ['sh', '-c', `echo $$ > ${join(this.#folder, 'cgroup.procs')} && exec "$@"`, 'sh'];
  }

  /** The most that was taken, with files that the kernel keeps in memory as long as nobody needs it. */
  async peakBytes(): Promise<number> {
    return Number(await readFile(join(this.#folder, this.#names.peak), 'utf8'));
  }

  /** Processes that the kernel has killed for want of memory. */
  async kills(): Promise<number> {
    const events = await readFile(join(this.#folder, this.#names.events), 'utf8');
    return Number(/^oom_kill (\d+)$/m.exec(events)?.[1] ?? 0);
  }

  /** When nothing runs in it any more. */
  async [Symbol.asyncDispose](): Promise<void> {
    await rmdir(this.#folder);
  }
}
