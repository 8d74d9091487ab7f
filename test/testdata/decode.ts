import sharp, { type Metadata, type Sharp } from 'sharp';
import { type ImageName, imagePath } from '../../testdata/expected.ts';
import type { RawImage } from '../../testdata/paint.ts';

/** Without sharp's own limit: some files declare more than it allows. */
export function metadataOf(name: ImageName): Promise<Metadata> {
  return sharp(imagePath(name), { limitInputPixels: false }).metadata();
}

/** As it is meant to be seen: upright, in sRGB. */
export function decode(input: string | Buffer): Promise<RawImage> {
  return readPixels(sharp(input, { autoOrient: true }));
}

export async function readPixels(pipeline: Sharp): Promise<RawImage> {
  const { data, info } = await pipeline.toColourspace('srgb').raw().toBuffer({ resolveWithObject: true });
  return { data, width: info.width, height: info.height, channels: info.channels };
}
