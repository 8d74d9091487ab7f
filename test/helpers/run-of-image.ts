import type { InputFormat } from '../../shared/domain/image.ts';
import type { RunMessage } from '../../shared/protocol.ts';
import { type ImageName, imagePath } from '../../testdata/expected.ts';
import { runMessage } from './run-message.ts';

/** What a worker is told of a picture that is to have the variants of the default preset. */
export const runOf = (inputPath: string, format: InputFormat, maxPixels = 50_000_000): Promise<RunMessage> =>
  runMessage({ inputPath, format, maxPixels });

const FORMAT_BY_EXTENSION: Record<string, InputFormat> = {
  jpg: 'jpeg',
  png: 'png',
  webp: 'webp',
  avif: 'avif',
  heic: 'heic',
  gif: 'gif',
  tiff: 'tiff',
};

/** The same, of a picture of testdata. */
export const runOfImage = (name: ImageName, maxPixels?: number) =>
  runOf(imagePath(name), FORMAT_BY_EXTENSION[name.split('.').at(-1) ?? ''] ?? 'jpeg', maxPixels);
