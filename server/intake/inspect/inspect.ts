import type { ByteSource } from './byte-source.ts';
import { readGif } from './gif.ts';
import { readHeif } from './heif.ts';
import type { Inspection } from './inspection.ts';
import { readJpeg } from './jpeg.ts';
import { readPng } from './png.ts';
import { type Container, SNIFFED_BYTES, sniff } from './sniff.ts';
import { readTiff } from './tiff.ts';
import { readWebp } from './webp.ts';
import { WindowReader } from './window-reader.ts';

export type { ByteSource, Inspection };

const READERS: Record<Container, (reader: WindowReader) => Promise<Inspection>> = {
  jpeg: readJpeg,
  png: readPng,
  webp: readWebp,
  heif: readHeif,
  gif: readGif,
  tiff: readTiff,
};

/**
 * Says what an upload is from its bytes alone, in plain JavaScript: this runs in the server process, on bytes
 * that an attacker chose. Whatever they are, the time is at worst linear in the size of the file, the memory is
 * a window of a few KiB, and the answer is a value. It rejects only where the source does.
 */
export async function inspect(source: ByteSource): Promise<Inspection> {
  const reader = new WindowReader(source);
  const head = await reader.view(0, Math.min(SNIFFED_BYTES, source.size));
  if (head === undefined || head.byteLength === 0) return { kind: 'unsupported', found: 'an empty file' };

  const sniffed = sniff(new Uint8Array(head.buffer, head.byteOffset, head.byteLength));
  if (sniffed.kind === 'unsupported') return sniffed;
  return READERS[sniffed.format](reader);
}
