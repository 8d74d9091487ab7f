import { mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { UploadId } from '../../domain/ids.ts';
import type { UploadPart } from '../../domain/resumable.ts';
import { asStoreError, errorCode } from '../../errors.ts';
import { partName, type UploadParts } from '../upload-parts.ts';
import { syncFile, syncFolder } from './durable-file.ts';
import { pagesOf } from './pages.ts';

/**
 * {@link UploadParts} in a folder: `resumable/<first two digits>/<upload id>/<part>`. A received file must lie on the same volume.
 */
export class DiskParts implements UploadParts {
  readonly #folder: string;

  private constructor(root: string) {
    this.#folder = join(root, 'resumable');
  }

  /** @throws {StoreError} */
  static async open(root: string): Promise<DiskParts> {
    const parts = new DiskParts(root);
    await attempt('open the parts of uploads', async () => {
      await mkdir(parts.#folder, { recursive: true, mode: 0o700 });
      await syncFolder(root);
    });
    return parts;
  }

  keep(upload: UploadId, part: UploadPart, receivedPath: string): Promise<void> {
    const folder = this.#folderOf(upload);
    const path = join(folder, partName(part));
    return attempt('keep a part', async () => {
      await mkdir(folder, { recursive: true });
      await rename(receivedPath, path);
      try {
        // A process that was killed may have left folders that are not on the disk yet, so all are asked for.
        await Promise.all([
          syncFile(path),
          syncFolder(folder),
          syncFolder(dirname(folder)),
          syncFolder(this.#folder),
        ]);
      } catch (error) {
        await rm(path, { force: true }).catch(() => {});
        throw error;
      }
    });
  }

  read(upload: UploadId, part: UploadPart): Promise<ReadableStream<Uint8Array> | null> {
    return attempt('read a part', async () => {
      try {
        const handle = await open(this.#pathOf(upload, part), 'r');
        return Readable.toWeb(handle.createReadStream());
      } catch (error) {
        if (errorCode(error) === 'ENOENT') return null;
        throw error;
      }
    });
  }

  remove(upload: UploadId, part: UploadPart): Promise<void> {
    return attempt('remove a part', () => rm(this.#pathOf(upload, part), { force: true }));
  }

  removeAll(upload: UploadId): Promise<void> {
    return attempt('remove an upload', () => rm(this.#folderOf(upload), { recursive: true, force: true }));
  }

  uploads(olderThanMs: number): AsyncIterable<UploadId[]> {
    return pagesOf(this.#folder, UploadId, olderThanMs);
  }

  #folderOf(upload: UploadId): string {
    return join(this.#folder, upload.slice(0, 2), upload);
  }

  #pathOf(upload: UploadId, part: UploadPart): string {
    return join(this.#folderOf(upload), partName(part));
  }
}

async function attempt<T>(doing: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw asStoreError(error, doing);
  }
}
