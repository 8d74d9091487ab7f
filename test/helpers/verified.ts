import type { OutputFormat } from '../../shared/domain/image.ts';
import { READER_BYTES } from '../../workers/supervisor/verify/output-reader.ts';
import { type Verified, verifyOutput } from '../../workers/supervisor/verify/verify-output.ts';
import { CopyInMemory, memoryFile } from './memory-file.ts';

export interface Shape {
  width: number;
  height: number;
  frames?: number;
}

/** The verdict of the parent on a file, which is read in pieces of at most so many bytes; what passes was copied whole. */
export async function verified(
  format: OutputFormat,
  bytes: Uint8Array,
  { width, height, frames = 1 }: Shape,
  { mayHaveCredit = false, piece }: { mayHaveCredit?: boolean; piece?: number } = {},
): Promise<Verified> {
  const output = { name: 'thumb', format, width, height, frames, bytes: bytes.length };
  const buffer = Buffer.allocUnsafe(READER_BYTES);
  const copy = new CopyInMemory();
  const verdict = await verifyOutput(memoryFile(bytes, piece), output, copy, mayHaveCredit, buffer);
  if (!copy.bytes.equals(bytes)) throw new Error('it passed, and is not what was copied');
  return verdict;
}
