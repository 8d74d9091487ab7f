import type { ImageId, RunId } from '../domain/ids.ts';

/** A file of a set on its way into the storage. */
export interface NewFile {
  /** Adds all of them at its end. When it resolves, the memory that they are in may be used again. */
  write(bytes: Uint8Array): Promise<void>;
}

/** From `start` to `end`, both included, as in RFC 9110, section 14.1.2. */
export interface ByteRange {
  start: number;
  end: number;
}

/**
 * Where originals and variants lie. It knows nothing of what is visible: a file counts when a row of the
 * job store names it, and is garbage to sweep when none does.
 * @throws {StoreError} from every call, when the volume is full or out of reach
 */
export interface ImageStorage {
  /** Takes over a received file as the original of an image. When it resolves, no crash loses it; else there is none. */
  keepOriginal(id: ImageId, receivedPath: string): Promise<void>;

  /** Puts the original at `path` for a worker to read, by a link where the volume allows it. False: there is none. */
  stageOriginal(id: ImageId, path: string): Promise<boolean>;

  /** The bytes of an original, opened at once. Null: there is none. */
  readOriginal(id: ImageId, range?: ByteRange): Promise<ReadableStream<Uint8Array> | null>;

  /**
   * Has a set written to a place of the run's own, one file after the other: each is whole when the next one is created. When it
   * resolves, no crash loses any of it; when it or `write` fails, there is nothing of it.
   * @param write called once; what it resolves with is the result, and what it throws is thrown
   */
  publish<T>(run: RunId, write: (create: (fileName: string) => Promise<NewFile>) => Promise<T>): Promise<T>;

  /** The bytes of a published file, opened at once: a later removal does not cut them. Null: it is not there. */
  readVariant(run: RunId, fileName: string, range?: ByteRange): Promise<ReadableStream<Uint8Array> | null>;

  /** Safe to call for what is not there. */
  removeOriginal(id: ImageId): Promise<void>;
  /** Safe to call for what is not there. */
  removePublished(run: RunId): Promise<void>;

  /**
   * The originals that have lain there for so many milliseconds; 0: all of them. They come in pages, so that those of
   * millions fit in memory. What is put there or removed meanwhile may be among them or not.
   */
  originals(olderThanMs: number): AsyncIterable<ImageId[]>;
  /** In the same way the runs that have files, none of them younger. */
  published(olderThanMs: number): AsyncIterable<RunId[]>;
}
