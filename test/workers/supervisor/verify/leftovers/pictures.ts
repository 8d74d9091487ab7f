import sharp, { type Sharp } from 'sharp';
import { expect } from 'vitest';
import type { OutputFormat } from '../../../../../shared/domain/image.ts';
import { exif } from '../../../../fixtures/metadata/exif.ts';
import { verified } from '../../../../helpers/verified.ts';

export const SIZE = { width: 64, height: 48 };

export function picture(channels: 3 | 4 = 3): Sharp {
  const pixels = Buffer.alloc(SIZE.width * SIZE.height * channels);
  for (let at = 0; at < pixels.length; at++) pixels[at] = (at * 7919 + (at >> 5) * 31) % 256;
  return sharp(pixels, { raw: { ...SIZE, channels } });
}

export const JPEG = await picture().jpeg({ progressive: true }).toBuffer();

export const GPS_EXIF = exif({ 271: 'Maker', 34853: { 1: 'N', 2: [51, 1, 28, 1, 4012, 100] } });
export const CAMERA_EXIF = exif({ 271: 'Maker' });
export const XMP = '<x:xmpmeta xmlns:x="adobe:ns:meta/"></x:xmpmeta>';
export const GPS_XMP = '<rdf:Description exif:GPSLatitude="51,28.6687N"/>';

/** Puts bytes into a file, in front of the byte at `at`. */
export const insert = (file: Uint8Array, at: number, part: Uint8Array): Buffer =>
  Buffer.concat([file.subarray(0, at), part, file.subarray(at)]);

export async function refusal(
  format: OutputFormat,
  file: Uint8Array,
): Promise<{ message: string; failure: string }> {
  const verdict = await verified(format, file, SIZE).catch((error: unknown) => error);
  expect(verdict).toMatchObject({ name: 'BadOutput' });
  return verdict as { message: string; failure: string };
}
