import type { Readable } from 'node:stream';
import { Hungup, type Patience, readBody, TooSlow } from '../intake/body-reader.ts';
import { CameTooLate, GaveWay, type UploadOnItsWay } from '../intake/uploads-in-progress.ts';
import { Problem } from '../problem.ts';
import type { Checksum } from './checksum.ts';
import type { PartWriter } from './part-writer.ts';

/** A request that brings bytes of an upload. */
export interface Incoming {
  body: Readable;
  /** As the client declares it. */
  contentLength: number | undefined;
  checksum: Checksum | null;
}

interface Receiving {
  /** Bytes that are missing of the upload. */
  most: number;
  patience: Patience;
  onItsWay: UploadOnItsWay;
  /** Aborted, with why, when it is to end. */
  signal: AbortSignal;
  writer: PartWriter;
}

/**
 * Streams a body into parts, in constant memory. Where it ends early what has come is kept all the same, unless it has a checksum, which
 * is of the whole.
 * @throws why it has ended early
 */
export async function receiveParts({ body, checksum }: Incoming, receiving: Receiving): Promise<void> {
  const { most, patience, onItsWay, signal, writer } = receiving;
  await writer.begin();
  const either = AbortSignal.any([signal, onItsWay.signal]);
  try {
    let bytes = 0;
    for await (const piece of readBody(body, patience, either)) {
      bytes += piece.length;
      onItsWay.received(piece.length);
      if (bytes > most) throw tooMany(most);
      checksum?.update(piece);
      await writer.write(piece);
    }
    onItsWay.ended();
    checksum?.check();
  } catch (error) {
    if (!checksum && isEarlyEnd(error, either)) await writer.finish();
    throw error;
  }
  await writer.finish();
}

/** The body has ended, or was ended, and what has come of it is good. */
const isEarlyEnd = (error: unknown, signal: AbortSignal): boolean =>
  signal.aborted || [Hungup, TooSlow, GaveWay, CameTooLate].some((Kind) => error instanceof Kind);

const tooMany = (limit: number) =>
  new Problem('too_many_bytes', `Only ${limit} bytes are missing of this upload.`, {
    members: { limit },
    headers: { connection: 'close' },
  });
