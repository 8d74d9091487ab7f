import type { Readable } from 'node:stream';

/** The body stood still, or took too long as a whole. */
export class TooSlow extends Error {
  override readonly name = 'TooSlow';
}

/** The connection ended before the body did: there is nobody to answer. */
export class Hungup extends Error {
  override readonly name = 'Hungup';
}

export interface Patience {
  /** Milliseconds without a byte. */
  stallMs: number;
  /** Milliseconds for the whole body. */
  wholeMs: number;
}

/**
 * The chunks of a request's body, read no faster than they are taken. The stream is not destroyed when the reader
 * gives up, since on Node that would cut the connection before the refusal is sent.
 * @throws {TooSlow | Hungup}
 */
export async function* readBody(
  body: Readable,
  patience: Patience,
): AsyncGenerator<Uint8Array, void, undefined> {
  const deadline = performance.now() + patience.wholeMs;
  const chunks = body.iterator({ destroyOnReturn: false });
  while (true) {
    const chunk = await nextWithin(chunks, Math.min(patience.stallMs, deadline - performance.now()));
    if (chunk.done) return;
    yield chunk.value as Uint8Array;
  }
}

async function nextWithin<T>(chunks: AsyncIterator<T>, ms: number): Promise<IteratorResult<T>> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new TooSlow()), Math.max(0, ms));
  });
  try {
    return await Promise.race([hungupOnError(chunks.next()), late]);
  } finally {
    clearTimeout(timer);
  }
}

async function hungupOnError<T>(next: Promise<T>): Promise<T> {
  try {
    return await next;
  } catch (error) {
    throw new Hungup('the body broke off', { cause: error });
  }
}
