import type { FileHandle } from 'node:fs/promises';
import type { ImageId, RunId, Sha256 } from '../domain/ids.ts';

/** An output of a run that has been checked and opened by the parent. */
export interface CheckedOutput {
  fileName: string;
  handle: FileHandle;
  bytes: number;
}

export interface PublishedFile {
  fileName: string;
  sha256: Sha256;
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

  /** Copies outputs, hashing them, into a place of the run's own. When it resolves, no crash loses them; else there are none. */
  publish(run: RunId, outputs: readonly CheckedOutput[]): Promise<PublishedFile[]>;

  /** The bytes of a published file, opened at once: a later removal does not cut them. Null: it is not there. */
  readVariant(run: RunId, fileName: string, range?: ByteRange): Promise<ReadableStream<Uint8Array> | null>;

  /** Safe to call for what is not there. */
  removeOriginal(id: ImageId): Promise<void>;
  /** Safe to call for what is not there. */
  removePublished(run: RunId): Promise<void>;

  listOriginals(): Promise<ImageId[]>;
  listPublished(): Promise<RunId[]>;
}
