import type { OutputFormat } from '../../shared/domain/image.ts';
import { READER_BYTES } from '../../workers/supervisor/verify/output-reader.ts';
import { type Verified, verifyOutput } from '../../workers/supervisor/verify/verify-output.ts';
import { memoryFile } from './memory-file.ts';

export interface Shape {
  width: number;
  height: number;
  frames?: number;
}

/** The verdict of the parent on a file, which is read in pieces of at most so many bytes. */
export function verified(
  format: OutputFormat,
  bytes: Uint8Array,
  { width, height, frames = 1 }: Shape,
  { mayHaveCredit = false, piece }: { mayHaveCredit?: boolean; piece?: number } = {},
): Promise<Verified> {
  const output = { name: 'thumb', format, width, height, frames, bytes: bytes.length };
  const buffer = Buffer.allocUnsafe(READER_BYTES);
  return verifyOutput(memoryFile(bytes, piece), output, mayHaveCredit, buffer);
}
