import { readFile } from 'node:fs/promises';
import { median } from '../bench/median.ts';

const LOOK_EVERY_MS = 1_000;

/** Fewer looks tell nothing: the first tenth is the warm-up, and the second and the last are compared. */
const FEWEST_LOOKS = 60;

export interface MemoryFigures {
  /** Bytes: after the warm-up, at the most, and at the end. Null: it was looked at for less than a minute. */
  rssBytes: { warm: number; most: number; end: number } | null;
}

/** Looks at the resident memory of a process while it works. */
export class MemoryWatch {
  readonly #pid: number;
  readonly #looks: number[] = [];
  readonly #timer: NodeJS.Timeout;

  constructor(pid: number) {
    this.#pid = pid;
    this.#timer = setInterval(() => void this.#look(), LOOK_EVERY_MS).unref();
  }

  end(): MemoryFigures {
    clearInterval(this.#timer);
    const looks = this.#looks;
    if (looks.length < FEWEST_LOOKS) return { rssBytes: null };
    const tenth = Math.floor(looks.length / 10);
    const warm = median(looks.slice(tenth, 2 * tenth));
    return { rssBytes: { warm, most: Math.max(...looks), end: median(looks.slice(-tenth)) } };
  }

  async #look(): Promise<void> {
    const status = await readFile(`/proc/${this.#pid}/status`, 'utf8').catch(() => '');
    const [, kib] = /^VmRSS:\s+(\d+) kB/m.exec(status) ?? [];
    if (kib !== undefined) this.#looks.push(Number(kib) * 1024);
  }
}
