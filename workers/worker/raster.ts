import sharp, { type OutputInfo, type Sharp } from 'sharp';
import type { Area, Size } from './geometry.ts';

/**
 * Uncompressed upright sRGB, 8 bits a channel: 3 channels, or 4 where the picture has alpha. The frames of an animation
 * stand one below the other, each of `height`.
 */
export interface Raster extends Size {
  channels: 3 | 4;
  frames: number;
  pixels: Buffer;
}

/** The raster for libvips; nothing is copied. */
export function asPicture({ width, height, channels, frames, pixels }: Raster): Sharp {
  const raw = { width, height: height * frames, channels };
  return frames === 1
    ? sharp(pixels, { raw })
    : sharp(pixels, { raw: { ...raw, pageHeight: height }, pages: -1 });
}

/** What libvips has drawn, of so many frames. */
export async function draw(picture: Sharp, frames = 1): Promise<Raster & { info: OutputInfo }> {
  const { data, info } = await picture.raw({ depth: 'uchar' }).toBuffer({ resolveWithObject: true });
  const { width, height, channels } = info;
  if (channels !== 3 && channels !== 4)
    throw new Error(`a picture in sRGB has 3 or 4 channels, not ${channels}`);
  return { width, height: height / frames, channels, frames, pixels: data, info };
}

export function firstFrame(raster: Raster): Raster {
  const { width, height, channels, pixels } = raster;
  return { ...raster, frames: 1, pixels: pixels.subarray(0, width * height * channels) };
}

/** The same part of each frame. */
export function crop(raster: Raster, { left, top, width, height }: Area): Raster {
  if (width === raster.width && height === raster.height) return raster;
  const { channels, frames } = raster;
  const pixels = Buffer.allocUnsafe(width * height * frames * channels);
  for (let row = 0; row < height * frames; row++) {
    const from = (Math.floor(row / height) * raster.height + top + (row % height)) * raster.width + left;
    raster.pixels.copy(pixels, row * width * channels, from * channels, (from + width) * channels);
  }
  return { width, height, channels, frames, pixels };
}

/**
 * Gives back the memory of a raster, whose pixels are then gone; to be called when libvips has nothing more to read from it.
 * To V8 it is a small object that can wait, until so much has come together that it collects all garbage: every tenth picture.
 */
export function release({ pixels }: Raster): void {
  const { buffer } = pixels;
  const isAlone = buffer instanceof ArrayBuffer && buffer.byteLength === pixels.length;
  if (isAlone && !buffer.detached) buffer.transfer(0);
}

/** Without its alpha where nothing shows through: it costs bytes in each file, and tells no difference. */
export function withoutNeedlessAlpha(raster: Raster): Raster {
  if (raster.channels === 3) return raster;
  const { pixels } = raster;
  for (let at = 3; at < pixels.length; at += 4) if (pixels[at] !== 255) return raster;
  const opaque = Buffer.allocUnsafe((pixels.length / 4) * 3);
  for (let from = 0, to = 0; from < pixels.length; from += 4, to += 3)
    pixels.copy(opaque, to, from, from + 3);
  return { ...raster, channels: 3, pixels: opaque };
}
