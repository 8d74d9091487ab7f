import sharp, { type Metadata, type Sharp } from 'sharp';
import type { InputFormat } from '../../shared/domain/image.ts';
import type { Size } from './geometry.ts';
import { LIBHEIF } from './heic/decode-heic.ts';
import { heicRaster } from './heic/heic-raster.ts';
import { draw, type Raster, withoutNeedlessAlpha } from './raster.ts';
import { asUnreadable } from './unreadable-image.ts';

/**
 * libvips' loader of each accepted format: a file by its path, and nothing else. What libheif has decoded comes to libvips as
 * a TIFF of our own, in memory.
 */
const LOADER: Record<InputFormat, string> = {
  jpeg: 'VipsForeignLoadJpegFile',
  png: 'VipsForeignLoadPngFile',
  webp: 'VipsForeignLoadWebpFile',
  avif: 'VipsForeignLoadHeifFile',
  gif: 'VipsForeignLoadNsgifFile',
  tiff: 'VipsForeignLoadTiffFile',
  heic: 'VipsForeignLoadTiffBuffer',
};

/** What decodes: a picture that kills this version may be harmless to the next. */
export const DECODER = `libvips ${sharp.versions.vips}, sharp ${sharp.versions.sharp}, ${LIBHEIF}`;

/** Once, before the first picture: one core a worker, nothing kept, and no loader but those of accepted formats. */
export function prepareDecoder(): void {
  sharp.concurrency(1);
  sharp.cache(false);
  sharp.block({ operation: ['VipsForeignLoad'] });
  sharp.unblock({ operation: Object.values(LOADER) });
}

/** The longest that sharp writes; a GIF has frames of up to eleven minutes. Milliseconds. */
const LONGEST_DELAY_MS = 65_535;

/** How the frames of an animation follow each other: milliseconds of each, and how often, 0 for ever. */
export interface Timing {
  delay: number[];
  loop: number;
}

export interface Decoded {
  raster: Raster;
  /** Null for a still picture. */
  timing: Timing | null;
}

export interface Source {
  path: string;
  format: InputFormat;
  /** Over all frames that are decoded. */
  maxPixels: number;
  /** All frames of an animation, or the first alone. */
  allFrames: boolean;
}

/**
 * A picture, decoded once at the size that is asked of it.
 * @param sizeFor given the upright size of the picture, what to decode it to; never larger
 * @throws {UnreadableImage} when the fault lies with the picture
 */
export async function decode(source: Source, sizeFor: (picture: Size) => Size): Promise<Decoded> {
  // It tells itself what is the picture's fault; what else it throws, as when its thread ends, may work another time.
  if (source.format === 'heic') {
    const raster = await heicRaster(source.path, source.maxPixels, sizeFor);
    return { raster: withoutNeedlessAlpha(raster), timing: null };
  }
  const options = { failOn: 'error', limitInputPixels: source.maxPixels, sequentialRead: true } as const;
  try {
    const header = await sharp(source.path, { ...options, animated: source.allFrames }).metadata();
    const timing = source.allFrames ? timingOf(header) : null;
    const frames = timing?.delay.length ?? 1;
    const { width, height } = sizeFor(frames > 1 ? frameSize(header, frames) : header.autoOrient);
    const stored = sharp(source.path, { ...options, pages: frames });
    // libvips turns no animation, and one that is stored turned is not met with.
    const upright = frames > 1 ? stored : stored.autoOrient();
    // The aspect was settled by the plan, to the pixel.
    const picture = inSrgb(upright, header).resize(width, height, { fit: 'fill' });
    return { raster: withoutNeedlessAlpha(await draw(picture, frames)), timing };
  } catch (error) {
    throw asUnreadable(error);
  }
}

/**
 * sharp takes 16-bit RGB from its profile to Display P3 and leaves it there, unsaid, unless a profile is asked for;
 * and it leaves out the profile of 16-bit grey, but not that of 8-bit grey.
 */
function inSrgb(picture: Sharp, { space, hasProfile }: Metadata): Sharp {
  const srgb = picture.toColourspace('srgb');
  if (hasProfile && space === 'rgb16') return srgb.withIccProfile('srgb');
  if (hasProfile && space === 'grey16') return srgb.pipelineColourspace('b-w');
  return srgb;
}

function timingOf({ pages = 1, delay, loop = 0 }: Metadata): Timing | null {
  if (pages < 2 || delay?.length !== pages) return null;
  return { delay: delay.map((ms) => Math.min(ms, LONGEST_DELAY_MS)), loop };
}

function frameSize({ width, height, pageHeight }: Metadata, frames: number): Size {
  return { width, height: pageHeight ?? height / frames };
}
