import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { RunId } from '../../shared/domain/ids.ts';
import { asStoreError } from '../../shared/errors.ts';

/** The folder of one run: its input, and what it has written and nobody has published yet. */
export interface RunScratch {
  inputPath: string;
  outputPath: string;
}

/** Where runs leave their output until it is published. Each run has a folder of its own, gone when it has ended. */
export class Scratch {
  readonly #root: string;

  private constructor(root: string) {
    this.#root = root;
  }

  /** Empties what an earlier process has left. Only for a process that knows that it is alone. */
  static async open(root: string): Promise<Scratch> {
    try {
      await mkdir(root, { recursive: true });
      // Only what is ours: somebody may have named a folder that holds more.
      const left = (await readdir(root)).filter((name) => RunId.safeParse(name).success);
      for (const name of left) await rm(join(root, name), { recursive: true, force: true });
    } catch (error) {
      throw asStoreError(error, 'open the scratch');
    }
    return new Scratch(root);
  }

  /** A folder that no run uses, for workers to stand in. */
  async idleFolder(): Promise<string> {
    const path = join(this.#root, 'idle');
    await mkdir(path, { recursive: true });
    return path;
  }

  async make(run: RunId): Promise<RunScratch> {
    const folder = join(this.#root, run);
    const outputPath = join(folder, 'out');
    try {
      await mkdir(outputPath, { recursive: true });
    } catch (error) {
      throw asStoreError(error, 'make a scratch folder');
    }
    return { inputPath: join(folder, 'input'), outputPath };
  }

  async remove(run: RunId): Promise<void> {
    await rm(join(this.#root, run), { recursive: true, force: true });
  }
}
