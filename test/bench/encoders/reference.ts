import sharp, { type Sharp } from 'sharp';

/** What is encoded: the pixels of a photo at the size of a variant, in sRGB with 3 channels. */
export interface Reference {
  width: number;
  height: number;
  pixels: Buffer;
}

/** @returns null for a photo that is smaller than that: variants are not enlarged */
export async function referenceOf(path: string, longestSide: number): Promise<Reference | null> {
  const { autoOrient } = await sharp(path).metadata();
  if (Math.max(autoOrient.width, autoOrient.height) < longestSide) return null;
  const { data, info } = await sharp(path)
    .autoOrient()
    .resize(longestSide, longestSide, { fit: 'inside' })
    .toColourspace('srgb')
    .removeAlpha()
    .raw({ depth: 'uchar' })
    .toBuffer({ resolveWithObject: true });
  return { width: info.width, height: info.height, pixels: data };
}

export const pictureOf = ({ width, height, pixels }: Reference): Sharp =>
  sharp(pixels, { raw: { width, height, channels: 3 } });
