import { randomUUID } from 'node:crypto';
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { asStoreError } from '../../shared/errors.ts';
import { removeWhole } from './remove-whole.ts';
import { WorkerFolder } from './worker-folder.ts';
import type { WorkerUser } from './worker-user.ts';

const FolderName = z.uuidv4();

/** A worker of a service that was killed may write a last file a moment after it, while it is dying itself. */
const DYING_MS = 3_000;
const LOOK_AGAIN_MS = 20;

/** Where runs leave their output until it is published: a folder for each worker process, gone when that has ended. */
export class Scratch {
  readonly #root: string;

  private constructor(root: string) {
    this.#root = root;
  }

  /**
   * Empties what an earlier process has left. Only for a process that knows that it is alone.
   * @param kept is told of a folder that could not be removed in time, and why: it is left to the next start, for nothing
   * that an earlier worker does may keep the service from starting
   */
  static async open(root: string, kept: (folder: string, why: unknown) => void = () => {}): Promise<Scratch> {
    try {
      await mkdir(root, { recursive: true });
      // Only what is ours: somebody may have named a folder that holds more.
      const left = (await readdir(root)).filter((name) => FolderName.safeParse(name).success);
      const deadline = performance.now() + DYING_MS;
      for (const name of left) {
        const folder = join(root, name);
        await removeInTime(folder, deadline).catch((error) => kept(folder, error));
      }
    } catch (error) {
      throw asStoreError(error, 'open the scratch');
    }
    return new Scratch(root);
  }

  /** @param user who alone may enter it beside the service; null: who the service is */
  newFolder(user: WorkerUser | null): WorkerFolder {
    return new WorkerFolder(join(this.#root, randomUUID()), user);
  }
}

async function removeInTime(folder: string, deadline: number): Promise<void> {
  for (;;) {
    try {
      return await removeWhole(folder);
    } catch (error) {
      if (performance.now() > deadline) throw error;
      await sleep(LOOK_AGAIN_MS);
    }
  }
}
