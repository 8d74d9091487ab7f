import type { ImageId } from '../../shared/domain/ids.ts';
import type { ImageStorage } from '../../shared/storage/image-storage.ts';
import type { SpoolFile } from './spool-file.ts';

/** The bytes of an upload on their way from the spool to the originals. */
export class UploadedOriginal {
  readonly #image: ImageId;
  readonly #spool: SpoolFile;
  readonly #storage: ImageStorage;
  #kept: Promise<void> | null = null;

  constructor(image: ImageId, spool: SpoolFile, storage: ImageStorage) {
    this.#image = image;
    this.#spool = spool;
    this.#storage = storage;
  }

  /** When it resolves, no crash loses it. Only the first call does anything. */
  keep(): Promise<void> {
    this.#kept ??= this.#spool.toDisk().then(() => this.#storage.keepOriginal(this.#image, this.#spool.path));
    return this.#kept;
  }

  /** The upload was refused after all. */
  async discard(): Promise<void> {
    // The refusal has to be answered, and what cannot be removed now is for the next boot to sweep.
    if (this.#kept) await this.#storage.removeOriginal(this.#image).catch(() => {});
  }
}
