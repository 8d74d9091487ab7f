import sharp from 'sharp';
import type { InputFormat } from '../../shared/domain/image.ts';
import type { Size } from './geometry.ts';

/** libvips' loader of each accepted format: a file by its path, and nothing else. */
const LOADER: Record<InputFormat, string> = {
  jpeg: 'VipsForeignLoadJpegFile',
  png: 'VipsForeignLoadPngFile',
  webp: 'VipsForeignLoadWebpFile',
  avif: 'VipsForeignLoadHeifFile',
  gif: 'VipsForeignLoadNsgifFile',
  tiff: 'VipsForeignLoadTiffFile',
};

/** Uncompressed upright sRGB, 8 bits a channel: 3 channels, or 4 where the picture has alpha. */
export interface Raster extends Size {
  channels: 3 | 4;
  pixels: Buffer;
}

/** The picture cannot be decoded, now or ever. */
export class UnreadableImage extends Error {
  readonly failure: 'image_unreadable' | 'image_too_large';

  constructor(failure: UnreadableImage['failure'], cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
    this.name = 'UnreadableImage';
    this.failure = failure;
  }
}

/** What decodes: a picture that kills this version may be harmless to the next. */
export const DECODER = `libvips ${sharp.versions.vips}, sharp ${sharp.versions.sharp}`;

/** Once, before the first picture: one core a worker, nothing kept, and no loader but those of accepted formats. */
export function prepareDecoder(): void {
  sharp.concurrency(1);
  sharp.cache(false);
  sharp.block({ operation: ['VipsForeignLoad'] });
  sharp.unblock({ operation: Object.values(LOADER) });
}

/**
 * The first frame of a picture, decoded once at the size that is asked of it.
 * @param sizeFor given the upright size of the picture, what to decode it to; never larger
 * @throws {UnreadableImage} when the fault lies with the picture
 */
export async function decode(
  path: string,
  maxPixels: number,
  sizeFor: (picture: Size) => Size,
): Promise<Raster> {
  const options = { failOn: 'error', limitInputPixels: maxPixels, sequentialRead: true } as const;
  try {
    const header = await sharp(path, options).metadata();
    const { width, height } = sizeFor(header.autoOrient);
    const { data, info } = await sharp(path, options)
      .autoOrient()
      // The aspect was settled by the plan, to the pixel.
      .resize(width, height, { fit: 'fill' })
      .toColourspace('srgb')
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true });
    return { width: info.width, height: info.height, channels: channelsOf(info.channels), pixels: data };
  } catch (error) {
    throw asUnreadable(error);
  }
}

/** Messages of sharp and libvips that do not speak of the picture but of the machine. */
const MACHINE = /unable to (?:open|create)|input file is missing|system error/i;

/** As libvips has it, and libheif, which calls it an invalid input. */
export const OUT_OF_MEMORY = /out of memory|memory allocation|unable to allocate/i;

function asUnreadable(error: unknown): unknown {
  if (!(error instanceof Error) || MACHINE.test(error.message) || OUT_OF_MEMORY.test(error.message)) {
    return error;
  }
  const tooLarge = error.message.includes('exceeds pixel limit');
  return new UnreadableImage(tooLarge ? 'image_too_large' : 'image_unreadable', error);
}

function channelsOf(count: number): 3 | 4 {
  if (count === 3 || count === 4) return count;
  throw new Error(`a picture in sRGB has 3 or 4 channels, not ${count}`);
}
