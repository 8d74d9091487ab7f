import { chmodSync, chownSync, existsSync, mkdirSync, rmdirSync } from 'node:fs';
import { chown, mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RunId } from '../../shared/domain/ids.ts';
import { asStoreError } from '../../shared/errors.ts';
import { empty, exceptMissing, removeWhole } from './remove-whole.ts';
import type { WorkerUser } from './worker-user.ts';

const WATERMARK = 'watermark.png';

/** A run leaves nothing beside its outputs, and a worker that was taken over shall not keep us busy. */
const MOST_LEFTOVERS = 10_000;

const REMOVE_AGAIN_MS = 1_000;

/** Where a run finds its input, and leaves its outputs. */
export interface RunPaths {
  inputPath: string;
  outputPath: string;
}

/**
 * The part of the scratch that one worker process has, from before its start until after its end:
 * - `in/<run>`: the input of a run, and its watermark; a worker reads it
 * - `out`: what the run at work has written
 * - `tmp`: where libvips puts what is too large for memory
 * - `taken/<run>`: outputs that the worker cannot reach any more, until they are published
 *
 * The folder itself stays ours, so that nobody puts a link in place of one of these.
 */
export class WorkerFolder {
  readonly path: string;
  readonly inputs: string;
  readonly output: string;
  readonly temporary: string;
  readonly taken: string;
  readonly #user: WorkerUser | null;
  readonly #runs = new Set<RunId>();
  #isLeft = false;

  /**
   * Makes it at once: a worker is started after this, from the same turn of the loop.
   * @param user who the worker is; null: who the service is
   */
  constructor(path: string, user: WorkerUser | null) {
    this.path = path;
    this.#user = user;
    this.inputs = join(path, 'in');
    this.output = join(path, 'out');
    this.temporary = join(path, 'tmp');
    this.taken = join(path, 'taken');
    try {
      mkdirSync(path, { mode: 0o700 });
      for (const folder of this.#parts) mkdirSync(folder, { mode: 0o700 });
      if (user) this.#share(user);
    } catch (error) {
      this.abandon();
      throw error;
    }
  }

  get #parts(): string[] {
    return [this.inputs, this.output, this.temporary, this.taken];
  }

  #share({ uid, gid }: WorkerUser): void {
    for (const folder of [this.output, this.temporary]) chownSync(folder, uid, gid);
    // It passes, and sees no name but those that it is told.
    for (const folder of [this.path, this.inputs]) {
      chownSync(folder, 0, gid);
      chmodSync(folder, 0o710);
    }
  }

  /** No worker came of it: it is empty, and to remove it takes no descriptor. */
  abandon(): void {
    for (const folder of [...this.#parts, this.path]) if (existsSync(folder)) rmdirSync(folder);
  }

  /** From now on it stays until this run is removed, though its worker may end. */
  keepFor(run: RunId): void {
    this.#runs.add(run);
  }

  /** @throws {StoreError} */
  async make(run: RunId): Promise<RunPaths> {
    this.keepFor(run);
    const folder = join(this.inputs, run);
    await attempt('make a scratch folder', () => mkdir(folder, { recursive: true }));
    return { inputPath: join(folder, 'input'), outputPath: this.output };
  }

  /** Puts a watermark where the run's worker can read it, and nobody writes to it. @returns its path */
  async putWatermark(run: RunId, png: Uint8Array): Promise<string> {
    const path = join(this.inputs, run, WATERMARK);
    await attempt('put a watermark into the scratch', () => writeFile(path, png, { mode: 0o444 }));
    return path;
  }

  /**
   * Takes these of its outputs, as they are, to where the worker cannot reach them, and clears away what else it has
   * written, and its input. Before its next run: that is to find nothing of this one.
   * @returns the folder that they are in; one that is missing there was not written
   */
  async take(run: RunId, fileNames: readonly string[]): Promise<string> {
    const folder = join(this.taken, run);
    await attempt('take the outputs of a run', async () => {
      try {
        await mkdir(folder, { recursive: true });
        for (const name of fileNames) {
          // The name is moved, and what it names is not looked at: be it a link, it stays one.
          await rename(join(this.output, name), join(folder, name)).catch(exceptMissing);
        }
      } finally {
        await empty(this.output, MOST_LEFTOVERS);
        await removeWhole(join(this.inputs, run));
      }
    });
    return folder;
  }

  /** The run is over: nothing of it is kept. What cannot be removed, as there are no descriptors, is tried again, ever later. */
  async remove(run: RunId, againInMs = REMOVE_AGAIN_MS): Promise<void> {
    try {
      await removeWhole(join(this.inputs, run));
      await removeWhole(join(this.taken, run));
      this.#runs.delete(run);
      await this.#removeUnused();
    } catch (error) {
      setTimeout(() => void this.remove(run, againInMs * 2).catch(() => {}), againInMs).unref();
      throw error;
    }
  }

  /** The worker has ended. Its last outputs may still be on their way. */
  async leave(): Promise<void> {
    this.#isLeft = true;
    await this.#removeUnused();
  }

  async #removeUnused(): Promise<void> {
    if (!this.#isLeft || this.#runs.size > 0) return;
    // A root without all of its capabilities can remove only what is in folders of its own.
    if (this.#user) for (const folder of [this.output, this.temporary]) await chown(folder, 0, 0);
    for (const folder of [...this.#parts, this.path]) await removeWhole(folder);
  }
}

async function attempt<T>(doing: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw asStoreError(error, doing);
  }
}
