import type { Readable } from 'node:stream';

/** The longest that the rest of a refused upload is read. */
const MOST_MS = 5_000;

/** A client that sends nothing for so long is waiting for its answer. */
const PAUSE_MS = 100;

/** The pace of all uploads together that are beyond what is dropped at once. */
const BYTES_PER_MS = 128 * 1024;

let dropping = 0;

/**
 * Reads what is left of a request's body and drops it; resolves when it has ended, or is no longer worth waiting for.
 * To close a connection on a client that still sends resets it, and the client may lose its answer with it (RFC 9112,
 * section 9.6).
 * @param atOnceBytes so much is dropped as fast as it comes; the rest at a pace, since what is read faster than it is
 *   collected as garbage fills the memory
 */
export function dropRest(body: Readable, atOnceBytes: number): Promise<void> {
  if (body.readableEnded || body.destroyed) return Promise.resolve();
  dropping++;
  return new Promise<void>((resolve) => {
    let bytes = 0;
    let timer: NodeJS.Timeout;
    const done = () => {
      clearTimeout(longest);
      clearTimeout(timer);
      resolve();
    };
    const longest = setTimeout(done, MOST_MS);
    const readOn = () => {
      body.resume();
      timer = setTimeout(done, PAUSE_MS);
    };
    body.on('data', (chunk: Uint8Array) => {
      clearTimeout(timer);
      bytes += chunk.length;
      if (bytes < atOnceBytes) return readOn();
      body.pause();
      timer = setTimeout(readOn, (dropping * chunk.length) / BYTES_PER_MS);
    });
    readOn();
    body.once('end', done).once('close', done).once('error', done);
  }).finally(() => {
    dropping--;
  });
}
