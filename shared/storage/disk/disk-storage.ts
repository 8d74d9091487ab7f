import { access, chmod, copyFile, type FileHandle, link, mkdir, open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { ImageId, RunId } from '../../domain/ids.ts';
import { asStoreError, errorCode } from '../../errors.ts';
import type { ByteRange, ImageStorage, NewFile } from '../image-storage.ts';
import { syncFile, syncFolder, writeWhole } from './durable-file.ts';
import { pagesOf } from './pages.ts';

interface ShardInMaking {
  made: Promise<unknown>;
  onDisk: Promise<void>;
}

/**
 * {@link ImageStorage} in a folder:
 * `originals/<first two digits>/<image id>` and `variants/<first two digits>/<run id>/<file>`.
 * The two digits keep each folder small. A received file must lie on the same volume, in {@link spoolPath}.
 */
export class DiskStorage implements ImageStorage {
  readonly spoolPath: string;
  readonly #originals: string;
  readonly #variants: string;
  readonly #shardsInMaking = new Map<string, ShardInMaking>();

  private constructor(root: string) {
    this.spoolPath = join(root, 'spool');
    this.#originals = join(root, 'originals');
    this.#variants = join(root, 'variants');
  }

  static async open(root: string): Promise<DiskStorage> {
    const storage = new DiskStorage(root);
    await attempt('open the storage', async () => {
      const folders = [storage.spoolPath, storage.#originals, storage.#variants];
      for (const folder of folders) {
        await mkdir(folder, { recursive: true });
        // A worker may be another user: it sees its scratch, and nothing of what may lie beside it.
        await chmod(folder, 0o700);
      }
      // New or not: a process that was killed may have left folders that are not on the disk yet.
      for (const folder of [root, ...folders]) await syncFolder(folder);
    });
    return storage;
  }

  /** One that is there, to be read: nothing is made, and nothing changed. */
  static at(root: string): DiskStorage {
    return new DiskStorage(root);
  }

  keepOriginal(id: ImageId, receivedPath: string): Promise<void> {
    return attempt('keep an original', async () => {
      const { shard, onDisk } = await this.#makeShard(this.#originals, id);
      const path = join(shard, id);
      await rename(receivedPath, path);
      // Renamed first, and all at once: where there is a journal, what brings the bytes to the disk brings the names along.
      await wholeOrGone(path, () => allEnded([syncFile(path), syncFolder(shard), onDisk]));
    });
  }

  stageOriginal(id: ImageId, path: string): Promise<boolean> {
    const original = join(shardOf(this.#originals, id), id);
    return attempt('stage an original', async () => {
      try {
        // A link shares the bytes with the original, so it is only for volumes that are one; a worker opens
        // it read-only.
        await link(original, path);
      } catch (error) {
        if (errorCode(error) === 'ENOENT' && !(await exists(original))) return false;
        await copyFile(original, path);
      }
      return true;
    });
  }

  readOriginal(id: ImageId, range?: ByteRange): Promise<ReadableStream<Uint8Array> | null> {
    return attempt('read an original', () => openFile(join(shardOf(this.#originals, id), id), range));
  }

  async publish<T>(
    run: RunId,
    write: (create: (fileName: string) => Promise<NewFile>) => Promise<T>,
  ): Promise<T> {
    const folder = join(shardOf(this.#variants, run), run);
    const trying = <R>(work: () => Promise<R>) => attempt('publish a run', work);
    const { shard, onDisk } = await trying(() => this.#makeShard(this.#variants, run));
    await trying(() => mkdir(folder));
    return wholeOrGone(folder, async () => {
      const handles: FileHandle[] = [];
      try {
        const result = await write((fileName) =>
          trying(async () => {
            const handle = await open(join(folder, fileName), 'wx', 0o644);
            handles.push(handle);
            return { write: (bytes) => trying(() => writeWhole(handle, bytes)) };
          }),
        );
        const synced = handles.map((handle) => handle.sync());
        await trying(() => allEnded([...synced, syncFolder(folder), syncFolder(shard), onDisk]));
        return result;
      } finally {
        await Promise.all(handles.map((handle) => handle.close()));
      }
    });
  }

  readVariant(run: RunId, fileName: string, range?: ByteRange): Promise<ReadableStream<Uint8Array> | null> {
    const path = join(shardOf(this.#variants, run), run, fileName);
    return attempt('read a variant', () => openFile(path, range));
  }

  removeOriginal(id: ImageId): Promise<void> {
    return attempt('remove an original', () => rm(join(shardOf(this.#originals, id), id), { force: true }));
  }

  removePublished(run: RunId): Promise<void> {
    const folder = join(shardOf(this.#variants, run), run);
    return attempt('remove a published run', () => rm(folder, { recursive: true, force: true }));
  }

  originals(olderThanMs: number): AsyncIterable<ImageId[]> {
    return pagesOf(this.#originals, ImageId, olderThanMs);
  }

  published(olderThanMs: number): AsyncIterable<RunId[]> {
    // The last file of a run was put into its folder then.
    return pagesOf(this.#variants, RunId, olderThanMs);
  }

  /**
   * Whoever needs the same shard while it is made has to wait, in the end, until it is on the disk: to see it is not enough.
   * It can be used before.
   */
  async #makeShard(folder: string, id: string): Promise<{ shard: string; onDisk: Promise<void> }> {
    const shard = shardOf(folder, id);
    const making = this.#shardsInMaking.get(shard) ?? this.#beginShard(folder, shard);
    await making.made;
    return { shard, onDisk: making.onDisk };
  }

  #beginShard(folder: string, shard: string): ShardInMaking {
    const made = mkdir(shard, { recursive: true });
    const onDisk = made
      .then((first) => (first === undefined ? undefined : syncFolder(folder)))
      .finally(() => this.#shardsInMaking.delete(shard));
    // Who waits for it is told; there may be nobody, where the work failed before.
    onDisk.catch(() => {});
    const making = { made, onDisk };
    this.#shardsInMaking.set(shard, making);
    return making;
  }
}

const shardOf = (folder: string, id: string): string => join(folder, id.slice(0, 2));

/** Of what fails half way nothing is left; where not even that is possible, the next boot sweeps. */
async function wholeOrGone<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    await rm(path, { recursive: true, force: true }).catch(() => {});
    throw error;
  }
}

/** As `Promise.all`, but a failure is told when none of the others goes on any more. */
async function allEnded<T>(promises: Promise<T>[]): Promise<T[]> {
  await Promise.allSettled(promises);
  return Promise.all(promises);
}

/** Null: there is no such file. */
async function openFile(path: string, range?: ByteRange): Promise<ReadableStream<Uint8Array> | null> {
  try {
    const handle = await open(path, 'r');
    return Readable.toWeb(handle.createReadStream(range));
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return null;
    throw error;
  }
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

async function attempt<T>(doing: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw asStoreError(error, doing);
  }
}
