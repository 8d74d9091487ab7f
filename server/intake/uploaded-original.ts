import type { ImageId } from '../../shared/domain/ids.ts';
import type { ImageStorage } from '../../shared/storage/image-storage.ts';
import type { SpoolFile } from './spool-file.ts';

/** The bytes of an upload on their way from the spool to the originals. */
export class UploadedOriginal {
  readonly #image: ImageId;
  readonly #spool: SpoolFile;
  readonly #storage: ImageStorage;
  #keeping: Promise<void> | null = null;
  #isKept = false;

  constructor(image: ImageId, spool: SpoolFile, storage: ImageStorage) {
    this.#image = image;
    this.#spool = spool;
    this.#storage = storage;
  }

  /** When it resolves, no crash loses it. Only the first call does anything. */
  keep(): Promise<void> {
    this.#keeping ??= this.#keep();
    return this.#keeping;
  }

  /** The upload was refused after all. */
  async discard(): Promise<void> {
    // The refusal has to be answered, and what cannot be removed now is for the next sweep. What could not be kept is not there.
    if (this.#isKept) await this.#storage.removeOriginal(this.#image).catch(() => {});
  }

  async #keep(): Promise<void> {
    await this.#spool.toDisk();
    await this.#storage.keepOriginal(this.#image, this.#spool.path);
    this.#isKept = true;
  }
}
