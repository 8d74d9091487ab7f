import type { Readable } from 'node:stream';
import { s3Failure } from './s3-failure.ts';

/** An answer was cut, or nothing of it came any more. */
class CutShort extends Error {
  override readonly name = 'CutShort';
}

/**
 * What S3 sends, to be read at any pace: only while somebody waits for more may it be late. To cancel the stream ends the
 * request. A stream that ends has had all the bytes that were announced; else it fails with a StoreError.
 * @param stillMs how long more may be awaited
 */
export function bodyStream(body: Readable, bytes: number, stillMs: number): ReadableStream<Uint8Array> {
  const pieces: AsyncIterator<Uint8Array> = body[Symbol.asyncIterator]();
  let missing = bytes;
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const { value, done } = await nextOf(pieces, body, stillMs);
          if (!done) {
            missing -= value.length;
            controller.enqueue(value);
          } else if (missing === 0) {
            controller.close();
          } else {
            throw new CutShort();
          }
        } catch (error) {
          body.destroy();
          throw s3Failure(error, 'read from S3');
        }
      },
      cancel: () => void body.destroy(),
    },
    // Nothing is awaited before somebody reads.
    { highWaterMark: 0 },
  );
}

async function nextOf<T>(
  pieces: AsyncIterator<T>,
  body: Readable,
  stillMs: number,
): Promise<IteratorResult<T>> {
  const late = setTimeout(() => body.destroy(new CutShort()), stillMs);
  try {
    return await pieces.next();
  } finally {
    clearTimeout(late);
  }
}
