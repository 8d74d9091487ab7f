import type { FileHandle } from 'node:fs/promises';
import type { MetadataKind } from '../../../shared/domain/description.ts';
import type { Sha256 } from '../../../shared/domain/ids.ts';
import { type OutputFormat, variantFileName } from '../../../shared/domain/image.ts';
import type { ReportedOutput } from '../../../shared/protocol.ts';
import type { NewFile } from '../../../shared/storage/image-storage.ts';
import { BadOutput } from '../bad-output.ts';
import { verifyAvif } from './avif.ts';
import { verifyJpeg } from './jpeg.ts';
import { OutputReader } from './output-reader.ts';
import { verifyPng } from './png.ts';
import { malformed, type Seen } from './verdict.ts';
import { verifyWebp } from './webp.ts';

type Verifier = (reader: OutputReader, mayHaveCredit: boolean) => Promise<Seen>;

const VERIFIERS: Record<OutputFormat, Verifier> = {
  jpeg: verifyJpeg,
  png: verifyPng,
  webp: verifyWebp,
  avif: verifyAvif,
};

export interface Verified {
  /** Of the bytes that were judged. */
  sha256: Sha256;
  /** Of the metadata of its original. */
  kept: readonly MetadataKind[];
}

/**
 * Reads an output once, copying it, and says that it is the picture that was reported and nothing else: what is in the file
 * is on a list of what may be. No decoder takes part, and the worker is not believed.
 * @param buffer as {@link OutputReader} needs it
 * @throws {BadOutput} with the name of the file
 */
export async function verifyOutput(
  file: Pick<FileHandle, 'read'>,
  output: ReportedOutput,
  copy: NewFile,
  mayHaveCredit: boolean,
  buffer: Buffer,
): Promise<Verified> {
  try {
    const reader = new OutputReader(file, output.bytes, copy, buffer);
    const { width, height, frames, kept } = await VERIFIERS[output.format](reader, mayHaveCredit);
    const sha256 = reader.finish();
    if (width !== output.width || height !== output.height || frames !== output.frames) {
      throw malformed(`is ${width} x ${height} in ${frames} frames, not as reported`);
    }
    return { sha256, kept };
  } catch (error) {
    throw error instanceof BadOutput ? error.of(variantFileName(output)) : error;
  }
}
