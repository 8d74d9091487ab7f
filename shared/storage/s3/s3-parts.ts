import { unlink } from 'node:fs/promises';
import pLimit, { type LimitFunction } from 'p-limit';
import type { UploadId } from '../../domain/ids.ts';
import type { UploadPart } from '../../domain/resumable.ts';
import { asStoreError } from '../../errors.ts';
import { partName, type UploadParts } from '../upload-parts.ts';
import { agedUploads } from './aged-pages.ts';
import { RESUMABLE, uploadFolder } from './keys.ts';
import { putFile } from './put-file.ts';
import type { S3Bucket } from './s3-bucket.ts';

/** Of the parts of one upload. */
const REMOVED_AT_ONCE = 8;

/**
 * {@link UploadParts} in a bucket: `resumable/<upload id>/<part>`, each an object of its own, so that none has to have the 5 MiB of
 * a part of S3.
 */
export class S3Parts implements UploadParts {
  readonly #bucket: S3Bucket;
  readonly #inTurn: LimitFunction;

  /** @param inTurn bounds how much is in memory on its way to the bucket */
  constructor(bucket: S3Bucket, inTurn: LimitFunction) {
    this.#bucket = bucket;
    this.#inTurn = inTurn;
  }

  async keep(upload: UploadId, part: UploadPart, receivedPath: string): Promise<void> {
    const key = keyOf(upload, part);
    try {
      await putFile(this.#bucket, key, receivedPath, this.#inTurn);
      await unlink(receivedPath);
    } catch (error) {
      await this.#bucket.takeBack(key);
      throw asStoreError(error, 'keep a part');
    }
  }

  async read(upload: UploadId, part: UploadPart): Promise<ReadableStream<Uint8Array> | null> {
    return (await this.#bucket.get(keyOf(upload, part)))?.body ?? null;
  }

  remove(upload: UploadId, part: UploadPart): Promise<void> {
    return this.#bucket.remove(keyOf(upload, part));
  }

  async removeAll(upload: UploadId): Promise<void> {
    const inTurn = pLimit(REMOVED_AT_ONCE);
    for await (const page of this.#bucket.list(uploadFolder(upload)))
      await inTurn.map(page, ({ key }) => this.#bucket.remove(key));
  }

  uploads(olderThanMs: number): AsyncIterable<UploadId[]> {
    return agedUploads(this.#bucket.list(RESUMABLE), olderThanMs);
  }
}

const keyOf = (upload: UploadId, part: UploadPart): string => uploadFolder(upload) + partName(part);
