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
 * The chunks of a request's body, read no faster than they are taken. The stream is left open when the reader gives
 * up, since on Node its end would cut the connection before the refusal is sent.
 * @param signal given up when it is aborted, with its reason
 * @throws {TooSlow | Hungup}
 */
export async function* readBody(
  body: Readable,
  patience: Patience,
  signal?: AbortSignal,
): AsyncGenerator<Uint8Array, void, undefined> {
  const deadline = performance.now() + patience.wholeMs;
  let end: 'whole' | Error | null = null;
  let wake = () => {};
  const somethingNew = () => wake();
  const endWith = (how: 'whole' | Error) => {
    end ??= how;
    wake();
  };
  const isGivenUp = () => end instanceof Error;
  const onEnd = () => endWith('whole');
  const onError = (cause?: Error) => endWith(new Hungup('the body broke off', { cause }));
  body.on('readable', somethingNew).on('end', onEnd).on('error', onError).on('close', onError);
  const onAbort = () => endWith(signal?.reason);
  signal?.addEventListener('abort', onAbort);
  if (body.destroyed) onError();
  if (signal?.aborted) onAbort();
  try {
    while (true) {
      if (isGivenUp()) break;
      if (performance.now() > deadline) throw new TooSlow();
      const chunk: Uint8Array | null = body.read();
      if (chunk) yield chunk;
      else if (end) break;
      else await nextEvent(Math.min(patience.stallMs, deadline - performance.now()));
    }
  } finally {
    // Errors are still listened to: one may come late, and nobody else would take it.
    signal?.removeEventListener('abort', onAbort);
    body.off('readable', somethingNew).off('end', onEnd).off('close', onError);
  }
  if (end !== 'whole') throw end;

  async function nextEvent(withinMs: number): Promise<void> {
    const late = setTimeout(() => endWith(new TooSlow()), Math.max(0, withinMs));
    await new Promise<void>((resolve) => {
      wake = resolve;
    });
    clearTimeout(late);
  }
}
