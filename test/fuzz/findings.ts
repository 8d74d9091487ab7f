import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Something that must not be, or, where `isBroken` is false, that somebody should look at: a worker that died. */
export interface Finding {
  /** The case, such as `picture-17`, or what else it is about. */
  subject: string;
  how: string;
  isBroken: boolean;
}

/** More are counted, and not kept. */
const MOST_KEPT = 200;

/** What was found, with the bytes that did it. */
export class Findings {
  readonly all: Finding[] = [];
  readonly #folder: string;
  readonly #seed: number;
  #writing: Promise<void> = Promise.resolve();

  /** @param folder made when there is something to keep */
  constructor(folder: string, seed: number) {
    this.#folder = folder;
    this.#seed = seed;
  }

  /** @param bytes of the picture or of the request; null where there are none */
  add(finding: Finding, bytes: Buffer | null): void {
    this.all.push(finding);
    if (this.all.length <= MOST_KEPT) this.#writing = this.#writing.then(() => this.#keep(finding, bytes));
  }

  /** Resolves when all that was added is on the disk. */
  written(): Promise<void> {
    return this.#writing;
  }

  async #keep({ subject, how }: Finding, bytes: Buffer | null): Promise<void> {
    await mkdir(this.#folder, { recursive: true });
    const path = join(this.#folder, `seed-${this.#seed}-${subject.replaceAll(/[^\w.-]/g, '_')}`);
    if (bytes) await writeFile(path, bytes);
    await writeFile(`${path}.txt`, `${how}\n`, { flag: 'a' });
  }
}
