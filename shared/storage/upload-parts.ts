import type { UploadId } from '../domain/ids.ts';
import type { UploadPart } from '../domain/resumable.ts';

/** What a part is called among those of its upload; in the order of their bytes. */
export const partName = ({ at, hold }: Pick<UploadPart, 'at' | 'hold'>): string =>
  `${String(at).padStart(10, '0')}-${hold}`;

/**
 * Where the parts of resumable uploads lie until they are an original. A part counts when the record of its upload names it, and is
 * garbage when none does.
 * @throws {StoreError} from every call, when the volume is full or out of reach
 */
export interface UploadParts {
  /** Takes over a received file as a part. When it resolves, no crash loses it; else there is none. */
  keep(upload: UploadId, part: UploadPart, receivedPath: string): Promise<void>;

  /** Its bytes, opened at once. Null: there is none. */
  read(upload: UploadId, part: UploadPart): Promise<ReadableStream<Uint8Array> | null>;

  /** Safe to call for what is not there. */
  remove(upload: UploadId, part: UploadPart): Promise<void>;

  /** Removes all parts of an upload, also those that no record has named. Safe to call for what is not there. */
  removeAll(upload: UploadId): Promise<void>;

  /** The uploads that have parts, of which the last has lain there for so many milliseconds; 0: all of them. In pages. */
  uploads(olderThanMs: number): AsyncIterable<UploadId[]>;
}
