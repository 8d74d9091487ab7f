import { execFile } from 'node:child_process';
import { chmod, chown, mkdir, readdir, rm, rmdir, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { RunId } from '../../shared/domain/ids.ts';
import { asStoreError, errorCode } from '../../shared/errors.ts';
import type { WorkerUser } from './worker-user.ts';

const WATERMARK = 'watermark.png';

/** The folder of one run: its input, and what it has written and nobody has published yet. */
export interface RunScratch {
  inputPath: string;
  outputPath: string;
}

/** Where runs leave their output until it is published. Each run has a folder of its own, gone when it has ended. */
export class Scratch {
  readonly #root: string;
  #user: WorkerUser | null = null;

  private constructor(root: string) {
    this.#root = root;
  }

  /** Empties what an earlier process has left. Only for a process that knows that it is alone. */
  static async open(root: string): Promise<Scratch> {
    try {
      await mkdir(root, { recursive: true });
      // Only what is ours: somebody may have named a folder that holds more.
      const left = (await readdir(root)).filter((name) => RunId.safeParse(name).success);
      for (const name of left) await removeFolder(join(root, name));
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

  /** From now on each run's folder lets this user in, and what it may write to is its `out` alone. */
  shareWith(user: WorkerUser): void {
    this.#user = user;
  }

  async make(run: RunId): Promise<RunScratch> {
    const folder = join(this.#root, run);
    const outputPath = join(folder, 'out');
    try {
      await mkdir(outputPath, { recursive: true });
      if (this.#user) await share(folder, outputPath, this.#user);
    } catch (error) {
      throw asStoreError(error, 'make a scratch folder');
    }
    return { inputPath: join(folder, 'input'), outputPath };
  }

  /** Puts a watermark where the run's worker can read it, and nobody writes to it. @returns its path */
  async putWatermark(run: RunId, png: Uint8Array): Promise<string> {
    const path = join(this.#root, run, WATERMARK);
    try {
      await writeFile(path, png, { mode: 0o444 });
    } catch (error) {
      throw asStoreError(error, 'put a watermark into the scratch');
    }
    return path;
  }

  async remove(run: RunId): Promise<void> {
    await removeFolder(join(this.#root, run));
  }
}

/** The folder stays ours, so that nobody puts a link in the place of its input or its `out`. */
async function share(folder: string, outputPath: string, { uid, gid }: WorkerUser): Promise<void> {
  await chmod(folder, 0o710);
  await chown(folder, 0, gid);
  await chmod(outputPath, 0o700);
  await chown(outputPath, uid, gid);
}

/** As root, with care: below `out`, another user may put a link in place of a folder while we are on our way. */
async function removeFolder(folder: string): Promise<void> {
  if (process.getuid?.() !== 0) return rm(folder, { recursive: true, force: true });
  const out = join(folder, 'out');
  try {
    const names = await readdir(out).catch(nullWhereMissing);
    for (const name of names ?? []) await unlink(join(out, name));
    if (names) await rmdir(out);
    await rm(join(folder, 'input'), { force: true });
    await rm(join(folder, WATERMARK), { force: true });
    await rmdir(folder);
  } catch {
    // There is more than files, or no folder. `rm` walks by open folders; it is slow to start.
    await promisify(execFile)('rm', ['-rf', '--', folder]);
  }
}

/** A crash may have come before the folder was made. */
function nullWhereMissing(error: unknown): null {
  if (errorCode(error) === 'ENOENT') return null;
  throw error;
}
