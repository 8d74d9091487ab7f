import { join } from 'node:path';
import sharp, { type Sharp } from 'sharp';
import { variantFileName } from '../../shared/domain/image.ts';
import type { OutputSpec } from '../../shared/domain/preset.ts';
import type { ReportedOutput } from '../../shared/protocol.ts';
import type { Timing } from './decoder.ts';
import { type Credit, withCredit } from './metadata/credit.ts';
import { asPicture, firstFrame, type Raster } from './raster.ts';

/** What the files of one run have in common. */
export interface EncodeOptions {
  folder: string;
  background: string;
  /** Of the frames where there is more than one. */
  timing: Timing | null;
  /** Null where nothing of the original but its pixels is kept. */
  credit: Credit | null;
}

/** Writes one raster as one file. Nothing of the original can be in it but its pixels, and the credit that is given. */
export async function encode(
  raster: Raster,
  name: string,
  output: OutputSpec,
  { folder, background, timing, credit }: EncodeOptions,
): Promise<ReportedOutput> {
  const { format } = output;
  const moves = format === 'webp' && raster.frames > 1;
  const { width, height } = raster;
  const file = join(folder, variantFileName({ name, format }));
  const pixels = asPicture(moves ? raster : firstFrame(raster));
  const picture = credit ? withCredit(pixels, credit) : pixels;
  const { size } = await encoderOf(picture, output, background, timing).toFile(file);
  return { name, format, width, height, bytes: size, frames: moves ? await framesOf(file) : 1 };
}

function encoderOf(
  picture: Sharp,
  { format, quality, effort }: OutputSpec,
  background: string,
  timing: Timing | null,
): Sharp {
  switch (format) {
    case 'jpeg':
      return picture.flatten({ background }).jpeg({ quality, progressive: true, mozjpeg: effort > 0 });
    case 'webp':
      return picture.webp({ quality, effort, ...timing });
    case 'avif':
      return picture.avif({ quality, effort, chromaSubsampling: '4:2:0' });
    case 'png':
      return picture.png({ compressionLevel: effort });
  }
}

/** libwebp shows equal frames that follow each other as one. */
async function framesOf(file: string): Promise<number> {
  return (await sharp(file).metadata()).pages ?? 1;
}
