import type { InputFormat } from '../../../shared/domain/image.ts';
import { readTiff } from './exif.ts';
import { Findings, type FoundMetadata } from './findings.ts';
import { readGif } from './gif.ts';
import { readHeif } from './heif.ts';
import { InputBytes, TooMuchMetadata } from './input-bytes.ts';
import { readJpeg } from './jpeg.ts';
import { readPng } from './png.ts';
import { readWebp } from './webp.ts';

const READERS: Record<InputFormat, (file: InputBytes, findings: Findings) => void> = {
  jpeg: readJpeg,
  png: readPng,
  webp: readWebp,
  avif: readHeif,
  heic: readHeif,
  gif: readGif,
  tiff: readTiff,
};

/**
 * What an original tells beside its pixels: for the receipt, and for a preset that keeps a copyright. Damaged metadata
 * are no fault of the picture: what can be told counts. It takes a few milliseconds, and less than a second of the worst file.
 * @throws what the system says where the file cannot be read
 */
export function foundMetadata(path: string, format: InputFormat): FoundMetadata {
  const findings = new Findings();
  InputBytes.reading(path, (file) => {
    try {
      findings.lookInto(() => READERS[format](file, findings));
    } catch (error) {
      if (!(error instanceof TooMuchMetadata)) throw error;
    }
  });
  return findings.found;
}
