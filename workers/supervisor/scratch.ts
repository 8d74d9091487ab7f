import { randomUUID } from 'node:crypto';
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { asStoreError } from '../../shared/errors.ts';
import { removeWhole } from './remove-whole.ts';
import { WorkerFolder } from './worker-folder.ts';
import type { WorkerUser } from './worker-user.ts';

const FolderName = z.uuidv4();

/** Where runs leave their output until it is published: a folder for each worker process, gone when that has ended. */
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
      const left = (await readdir(root)).filter((name) => FolderName.safeParse(name).success);
      for (const name of left) await removeWhole(join(root, name));
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
