import sharp from 'sharp';
import type { Size } from '../geometry.ts';
import { asPicture, draw, type Raster } from '../raster.ts';
import { decodeHeic } from './decode-heic.ts';
import type { HeicPicture } from './heic-picture.ts';
import { iccTiff } from './icc-tiff.ts';

/** Primaries of Display P3 (SMPTE EG 432-1): ITU-T H.273, table 2. */
const DISPLAY_P3 = 12;

/**
 * A HEIC at the size that is asked of it, in sRGB. It is scaled in its own colours, so that only what is left of it has to be
 * converted.
 * @param sizeFor given the upright size of the picture, what to decode it to; never larger
 * @throws {UnreadableImage} when the fault lies with the picture
 */
export async function heicRaster(
  path: string,
  maxPixels: number,
  sizeFor: (picture: Size) => Size,
): Promise<Raster> {
  const picture = await decodeHeic(path, maxPixels);
  const { width, height } = sizeFor(picture);
  const whole: Raster = { ...picture, pixels: Buffer.from(picture.pixels.buffer), frames: 1 };
  const scaled = await draw(asPicture(whole).resize(width, height, { fit: 'fill' }));
  const profile = await profileOf(picture);
  if (!profile) return scaled;
  return draw(sharp(iccTiff(scaled, profile)).toColourspace('srgb'));
}

/** Null for sRGB, which is also what a file that does not say gets. */
async function profileOf({ profile, primaries }: HeicPicture): Promise<Uint8Array | null> {
  return profile ?? (primaries === DISPLAY_P3 ? displayP3() : null);
}

/** libvips has the profile, and gives it only as part of a file. */
async function displayP3(): Promise<Uint8Array | null> {
  const pixel = sharp({ create: { width: 1, height: 1, channels: 3, background: '#000' } });
  const { icc } = await sharp(await pixel.withIccProfile('p3').tiff().toBuffer()).metadata();
  return icc ?? null;
}
