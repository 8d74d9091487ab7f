import type { ImageId, RunId } from '../domain/ids.ts';

/** What a client has put into the storage itself, past us. */
export interface DirectUpload {
  bytes: number;
  /** To be read, or cancelled. */
  body: ReadableStream<Uint8Array>;
}

/** How long a URL is of use, and the headers that it is answered with. */
export interface SignedAnswer {
  seconds: number;
  contentType: string;
  cacheControl: string;
}

/**
 * Ways for clients around us: URLs that let whoever has them do one thing for a while. They hold a signature, and have no place
 * in a log.
 * @throws {StoreError} from every call
 */
export interface DirectAccess {
  /** A URL that a variant can be read at, with GET or a range of it, answered with these headers. */
  readUrl(run: RunId, fileName: string, answer: SignedAnswer): Promise<string>;

  /** The same for an original, which is answered as a file to be saved. */
  originalUrl(id: ImageId, answer: SignedAnswer & { contentDisposition: string }): Promise<string>;

  /**
   * A URL that so many bytes, no more and no fewer, can be put to with PUT, as often as one likes while it lasts: what was looked
   * at may be other bytes a moment later. With a content type, the PUT has to have that very one.
   */
  uploadUrl(id: ImageId, upload: { seconds: number; bytes: number; contentType?: string }): Promise<string>;

  /** What was put there, opened at once: what is put there later does not change it. Null: nothing was. */
  openUpload(id: ImageId): Promise<DirectUpload | null>;

  /** Safe to call for what is not there. */
  removeUpload(id: ImageId): Promise<void>;

  /** What was put there so many milliseconds ago and lies there yet; 0: all of it. In pages. */
  uploads(olderThanMs: number): AsyncIterable<ImageId[]>;

  /**
   * Gives up what was begun to be kept so many milliseconds ago, and whose process has died over it.
   * @returns how many that were
   */
  abortAbandoned(olderThanMs: number): Promise<number>;
}
