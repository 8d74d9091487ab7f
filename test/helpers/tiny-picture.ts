import type { OutputFormat } from '../../shared/domain/image.ts';
import { be16, be32, bytes, le16 } from '../fixtures/headers/bytes.ts';
import { AVIF_FTYP, box, fullBox, ipma, iprp, ispe, pitm } from '../fixtures/headers/heif.ts';
import { jpeg, jpegFrameHeader, jpegSegment } from '../fixtures/headers/jpeg.ts';
import { png, pngChunk, pngHeader } from '../fixtures/headers/png.ts';
import { riffChunk, webp } from '../fixtures/headers/webp.ts';

/** Pixels. */
export interface TinySize {
  width: number;
  height: number;
}

/**
 * The smallest file that may be published: a header as it should be, and in the place of compressed pixels a text (ASCII),
 * which tells one from another.
 */
export function tinyPicture(format: OutputFormat, size: TinySize, text: string): Buffer {
  return Buffer.from(MAKERS[format](size, bytes(text)));
}

const MAKERS: Record<OutputFormat, (size: TinySize, data: Uint8Array) => Uint8Array> = {
  jpeg({ width, height }, data) {
    const scan = jpegSegment(0xda, [3, 1, 0, 2, 0, 3, 0, 0, 63, 0]);
    return jpeg(jpegFrameHeader(width, height), scan, data, [0xff, 0xd9]);
  },

  webp({ width, height }, data) {
    const header = [0x10, 0, 0, 0x9d, 0x01, 0x2a, ...le16(width), ...le16(height)];
    return webp(riffChunk('VP8 ', bytes(header, data)));
  },

  png({ width, height }, data) {
    return png(pngHeader(width, height), pngChunk('IDAT', data), pngChunk('IEND', []));
  },

  avif({ width, height }, data) {
    // A frame that goes to the end of its item.
    const coded = bytes([6 << 3], data);
    const metaOf = (offset: number) =>
      fullBox(
        'meta',
        0,
        0,
        fullBox('hdlr', 0, 0, be32(0), 'pict', be32(0), be32(0), be32(0), [0]),
        fullBox(
          'iloc',
          0,
          0,
          [0x44, 0],
          be16(1),
          be16(1),
          be16(0),
          be16(1),
          be32(offset),
          be32(coded.length),
        ),
        fullBox('iinf', 0, 0, be16(1), fullBox('infe', 2, 0, be16(1), be16(0), 'av01\0')),
        pitm(1),
        iprp([box('av1C', [0x81, 0, 0, 0]), ispe(width, height)], ipma({ 1: [1, 2] })),
      );
    const offset = AVIF_FTYP.length + metaOf(0).length + 8;
    return bytes(AVIF_FTYP, metaOf(offset), box('mdat', coded));
  },
};
