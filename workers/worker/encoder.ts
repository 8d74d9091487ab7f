import { join } from 'node:path';
import sharp, { type Sharp } from 'sharp';
import { variantFileName } from '../../shared/domain/image.ts';
import type { OutputSpec } from '../../shared/domain/preset.ts';
import type { ReportedOutput } from '../../shared/protocol.ts';
import type { Raster } from './decoder.ts';

/** Writes one raster as one file. Nothing of the original but its pixels can be in it. */
export async function encode(
  raster: Raster,
  name: string,
  output: OutputSpec,
  background: string,
  folder: string,
): Promise<ReportedOutput> {
  const { width, height, channels } = raster;
  const picture = sharp(raster.pixels, { raw: { width, height, channels } });
  const file = join(folder, variantFileName({ name, format: output.format }));
  const { size } = await encoderOf(picture, output, background).toFile(file);
  return { name, format: output.format, width, height, bytes: size, frames: 1 };
}

function encoderOf(picture: Sharp, { format, quality, effort }: OutputSpec, background: string): Sharp {
  switch (format) {
    case 'jpeg':
      return picture.flatten({ background }).jpeg({ quality, progressive: true, mozjpeg: effort > 0 });
    case 'webp':
      return picture.webp({ quality, effort });
    case 'avif':
      return picture.avif({ quality, effort });
    case 'png':
      return picture.png({ effort });
  }
}
