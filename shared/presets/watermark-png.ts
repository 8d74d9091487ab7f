import { crc32 } from 'node:zlib';

/** It is decoded for each variant that has it, and lies in the database: a logo takes far less. */
export const MAX_WATERMARK_BYTES = 256 * 1024;
export const MAX_WATERMARK_PIXELS = 4_000_000;

const SIGNATURE = Buffer.from('89504e470d0a1a0a', 'hex');
/** Length, type and CRC around the data of a chunk: PNG 3rd edition, section 5.3. */
const CHUNK_OVERHEAD = 12;
const IHDR_BYTES = 13;

/**
 * Why a file is no watermark: an operator shall hear of a wrong or a cut file when the service starts, and not by jobs
 * that fail. It is read as far as this goes without a decoder: chunk by chunk, each against its checksum.
 * @returns null when nothing speaks against it
 */
export function whyNoWatermark(png: Buffer): string | null {
  if (png.length > MAX_WATERMARK_BYTES) return `it has more than ${MAX_WATERMARK_BYTES} bytes`;
  if (!png.subarray(0, SIGNATURE.length).equals(SIGNATURE)) return 'it is no PNG';
  let offset = SIGNATURE.length;
  for (let isFirst = true; ; isFirst = false) {
    if (offset + CHUNK_OVERHEAD > png.length) return 'it is cut off';
    const length = png.readUInt32BE(offset);
    const end = offset + CHUNK_OVERHEAD + length;
    if (end > png.length) return 'it is cut off';
    const type = png.toString('latin1', offset + 4, offset + 8);
    if (png.readUInt32BE(end - 4) !== crc32(png.subarray(offset + 4, end - 4))) return 'it is damaged';
    if (isFirst) {
      if (type !== 'IHDR' || length !== IHDR_BYTES) return 'it is damaged';
      const pixels = png.readUInt32BE(offset + 8) * png.readUInt32BE(offset + 12);
      if (pixels === 0) return 'it is damaged';
      if (pixels > MAX_WATERMARK_PIXELS) return `it has more than ${MAX_WATERMARK_PIXELS} pixels`;
    }
    if (type === 'IEND') return null;
    offset = end;
  }
}
