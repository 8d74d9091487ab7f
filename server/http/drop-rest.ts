import type { Readable } from 'node:stream';

/** The longest that the rest of a refused upload is read. */
const MOST_MS = 5_000;

/** A client that sends nothing for so long is waiting for its answer. */
const PAUSE_MS = 100;

/**
 * Reads what is left of a request's body and drops it; resolves when it has ended, or is no longer worth waiting for.
 * To close a connection on a client that still sends resets it, and the client may lose its answer with it (RFC 9112,
 * section 9.6).
 */
export function dropRest(body: Readable): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(longest);
      clearTimeout(pause);
      resolve();
    };
    if (body.readableEnded || body.destroyed) return resolve();
    const longest = setTimeout(done, MOST_MS);
    const pause = setTimeout(done, PAUSE_MS);
    body.on('data', () => pause.refresh());
    body.once('end', done).once('close', done).once('error', done);
  });
}
