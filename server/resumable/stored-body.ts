import { Readable } from 'node:stream';
import type { ResumableUpload } from '../../shared/domain/resumable.ts';
import type { UploadParts } from '../../shared/storage/upload-parts.ts';

/** A part that a record names is not there: the records were restored from a copy, or moved, without it. */
export class PartGone extends Error {
  override readonly name = 'PartGone';
}

/** The bytes of all parts of an upload, one after the other. It fails with {@link PartGone} or a `StoreError`. */
export function storedBody({ id, parts }: ResumableUpload, storage: UploadParts): Readable {
  return Readable.from(bytesOf(), { objectMode: false });

  async function* bytesOf(): AsyncGenerator<Uint8Array> {
    for (const part of parts) {
      const bytes = await storage.read(id, part);
      if (!bytes) throw new PartGone();
      yield* bytes;
    }
  }
}
