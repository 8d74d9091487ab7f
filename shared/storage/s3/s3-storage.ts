import { unlink } from 'node:fs/promises';
import pLimit from 'p-limit';
import { ImageId, type RunId } from '../../domain/ids.ts';
import { asStoreError, StoreError } from '../../errors.ts';
import type { Logger } from '../../telemetry/logger.ts';
import type { DirectAccess, DirectUpload, SignedAnswer } from '../direct-access.ts';
import type { ByteRange, ImageStorage, NewFile } from '../image-storage.ts';
import { agedIds, agedRuns, isAged } from './aged-pages.ts';
import { INCOMING, incomingKey, ORIGINALS, originalKey, runFolder, VARIANTS } from './keys.ts';
import { NewSet } from './new-set.ts';
import { presignedGet, presignedPut } from './presigned.ts';
import { putFile } from './put-file.ts';
import { S3Bucket } from './s3-bucket.ts';
import { S3_LIMITS, type S3Limits } from './s3-limits.ts';
import { S3Parts } from './s3-parts.ts';
import type { S3Settings } from './s3-url.ts';
import { saveBody } from './save-body.ts';

/** Parts of originals, or whole small ones, that are in memory at a time: 80 MiB at the most. */
const PARTS_AT_ONCE = 16;

/** Of the files of one run. */
const REMOVED_AT_ONCE = 8;

/** Of the object by which we see what we may do. */
const PROBE = 'probe';

/**
 * {@link ImageStorage} in a bucket of S3, or of a server that speaks it: `originals/<image id>`,
 * `variants/<run id>/<file>`, `incoming/<image id>`, and {@link S3Parts}. S3 has no folders to make and nothing to sync: an object is there
 * as a whole when its request is answered. What cannot be taken back after a failure is garbage for the sweep.
 */
export class S3Storage implements ImageStorage, DirectAccess {
  /** Of resumable uploads, in the same bucket and by the same limits. */
  readonly parts: S3Parts;
  readonly #bucket: S3Bucket;
  readonly #inTurn = pLimit(PARTS_AT_ONCE);

  /** @throws {StoreError} when the bucket is not there, or cannot be written, listed and read */
  static async open(settings: S3Settings, log: Logger, limits: S3Limits = S3_LIMITS): Promise<S3Storage> {
    const bucket = new S3Bucket(settings, limits, log);
    try {
      await probe(bucket);
      return new S3Storage(bucket);
    } catch (error) {
      bucket.close();
      const { code, message } = asStoreError(error, 'open the storage');
      throw new StoreError(code, `the bucket ${settings.bucket} ${placeOf(settings)}: ${message}`);
    }
  }

  private constructor(bucket: S3Bucket) {
    this.#bucket = bucket;
    this.parts = new S3Parts(bucket, this.#inTurn);
  }

  /** False since a call to S3 has had no answer, until another has one. */
  get isInReach(): boolean {
    return this.#bucket.isInReach;
  }

  async keepOriginal(id: ImageId, receivedPath: string): Promise<void> {
    const key = originalKey(id);
    try {
      await putFile(this.#bucket, key, receivedPath, this.#inTurn);
      await unlink(receivedPath);
    } catch (error) {
      await this.#bucket.takeBack(key);
      throw asStoreError(error, 'keep an original');
    }
  }

  async stageOriginal(id: ImageId, path: string): Promise<boolean> {
    const original = await this.readOriginal(id);
    if (!original) return false;
    await saveBody(original, path);
    return true;
  }

  async readOriginal(id: ImageId, range?: ByteRange): Promise<ReadableStream<Uint8Array> | null> {
    return (await this.#bucket.get(originalKey(id), range))?.body ?? null;
  }

  async publish<T>(
    run: RunId,
    write: (create: (fileName: string) => Promise<NewFile>) => Promise<T>,
  ): Promise<T> {
    const set = new NewSet(this.#bucket, runFolder(run));
    try {
      const result = await write((fileName) => set.create(fileName));
      await set.finish();
      return result;
    } catch (error) {
      await set.takeBack();
      throw error;
    }
  }

  async readVariant(
    run: RunId,
    fileName: string,
    range?: ByteRange,
  ): Promise<ReadableStream<Uint8Array> | null> {
    const found = await this.#bucket.get(runFolder(run) + fileName, range);
    return found?.body ?? null;
  }

  removeOriginal(id: ImageId): Promise<void> {
    return this.#bucket.remove(originalKey(id));
  }

  async removePublished(run: RunId): Promise<void> {
    const inTurn = pLimit(REMOVED_AT_ONCE);
    for await (const page of this.#bucket.list(runFolder(run)))
      await inTurn.map(page, ({ key }) => this.#bucket.remove(key));
  }

  originals(olderThanMs: number): AsyncIterable<ImageId[]> {
    return agedIds(this.#bucket.list(ORIGINALS), ORIGINALS, ImageId, olderThanMs);
  }

  published(olderThanMs: number): AsyncIterable<RunId[]> {
    return agedRuns(this.#bucket.list(VARIANTS), olderThanMs);
  }

  readUrl(run: RunId, fileName: string, answer: SignedAnswer): Promise<string> {
    return presignedGet(this.#bucket, runFolder(run) + fileName, answer);
  }

  originalUrl(id: ImageId, answer: SignedAnswer & { contentDisposition: string }): Promise<string> {
    return presignedGet(this.#bucket, originalKey(id), answer);
  }

  uploadUrl(id: ImageId, upload: { seconds: number; bytes: number; contentType?: string }): Promise<string> {
    return presignedPut(this.#bucket, incomingKey(id), upload);
  }

  openUpload(id: ImageId): Promise<DirectUpload | null> {
    return this.#bucket.get(incomingKey(id));
  }

  removeUpload(id: ImageId): Promise<void> {
    return this.#bucket.remove(incomingKey(id));
  }

  uploads(olderThanMs: number): AsyncIterable<ImageId[]> {
    return agedIds(this.#bucket.list(INCOMING), INCOMING, ImageId, olderThanMs);
  }

  async abortAbandoned(olderThanMs: number): Promise<number> {
    let aborted = 0;
    for await (const page of this.#bucket.listMultiparts()) {
      for (const { key, uploadId, ageMs } of page) {
        if (!isAged(ageMs, olderThanMs)) continue;
        await this.#bucket.abortMultipart(key, uploadId);
        aborted++;
      }
    }
    return aborted;
  }

  /** What is under way is cut off. */
  close(): void {
    this.#bucket.close();
  }
}

/** Does once what will be done all the time. Who may not list is told of missing objects that they may not be read. */
async function probe(bucket: S3Bucket): Promise<void> {
  await bucket.put(PROBE, new Uint8Array());
  await bucket.list(PROBE).next();
  await bucket.remove(PROBE);
  await (await bucket.get(PROBE))?.body.cancel();
}

function placeOf({ endpoint, region }: S3Settings): string {
  return endpoint === null ? `of AWS, in ${region ?? 'the region of the environment'}` : `at ${endpoint}`;
}
