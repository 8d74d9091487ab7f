import { randomBytes } from 'node:crypto';

/** The size and the name of the box, and a value that does not come twice. */
const BYTES = 8 + 16;

/**
 * Bytes that, put behind a picture, make it another one that looks the same: a `free` box where the format has boxes
 * (ISO/IEC 14496-12), and what comes after the end in all others. Equal bytes share one run.
 */
export function uniqueTrailer(): Buffer<ArrayBuffer> {
  const box = Buffer.alloc(BYTES);
  box.writeUInt32BE(BYTES, 0);
  box.write('free', 4, 'latin1');
  box.set(randomBytes(BYTES - 8), 8);
  return box;
}

export const TRAILER_BYTES = BYTES;
