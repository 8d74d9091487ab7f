import { StoreError } from '../../errors.ts';
import type { NewFile } from '../image-storage.ts';
import { NewObject } from './new-object.ts';
import type { S3Bucket } from './s3-bucket.ts';

/** Files of a set that are sent at the same time, each with no more than a part in memory. */
const SENT_AT_ONCE = 4;

/** The files of a set on their way to S3: one is sent while the next ones are written. */
export class NewSet {
  readonly #bucket: S3Bucket;
  readonly #folder: string;
  readonly #objects = new Map<string, NewObject>();
  readonly #sending = new Set<Promise<void>>();
  #written: NewObject | null = null;
  #failure: unknown = null;

  constructor(bucket: S3Bucket, folder: string) {
    this.#bucket = bucket;
    this.#folder = folder;
  }

  /** The file before it is whole by then. */
  async create(fileName: string): Promise<NewFile> {
    if (this.#objects.has(fileName))
      throw new StoreError('storage_unavailable', `publish a run: ${fileName} is there already`);
    await this.#send(SENT_AT_ONCE - 1);
    const object = new NewObject(this.#bucket, `${this.#folder}${fileName}`);
    this.#objects.set(fileName, object);
    this.#written = object;
    return object;
  }

  /** When it resolves, all of them are there. */
  async finish(): Promise<void> {
    await this.#send(0);
  }

  /** Of a set that is not wanted, or could not be put. It never rejects. */
  async takeBack(): Promise<void> {
    await Promise.all(this.#sending);
    await Promise.all([...this.#objects.values()].map((object) => object.takeBack()));
  }

  /** Sends what was written last, and waits until no more than so many are on their way. */
  async #send(most: number): Promise<void> {
    const object = this.#written;
    this.#written = null;
    if (object) {
      const sent = object
        .finish()
        .catch((error) => {
          this.#failure ??= error;
        })
        .finally(() => this.#sending.delete(sent));
      this.#sending.add(sent);
    }
    while (this.#sending.size > most) await Promise.race(this.#sending);
    if (this.#failure !== null) throw this.#failure;
  }
}
