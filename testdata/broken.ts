import { crc32, deflateSync } from 'node:zlib';
import sharp from 'sharp';
import type { ImageName } from './expected.ts';
import { FORMATS } from './formats.ts';
import { flicker } from './frames.ts';
import { HEIC } from './heic.ts';
import { findMarker } from './jpeg-segments.ts';
import { randomAt } from './noise.ts';
import { type Maker, PHOTOS } from './photos.ts';

/** Markers of ISO/IEC 10918-1, table B.1: baseline frame, start of scan. */
const SOF0 = 0xc0;
const SOS = 0xda;

const CUT_AT = 0.6;
const RUBBISH_SEED = 7;

export const BROKEN = {
  'truncated.jpg': async () => cut(await PHOTOS['orientation/1.jpg']()),
  'truncated.png': async () => cut(await FORMATS['png_named.jpg']()),
  'truncated.heic': async () => cut(await HEIC['photo.heic']()),
  'corrupt_body.jpg': async () => scramble(await PHOTOS['orientation/1.jpg']()),
  'damaged_header.jpg': async () => Buffer.concat([Buffer.from([0xff, 0xd8, 0xff, 0xe0]), rubbish(2000)]),
  'huge_declared.jpg': async () => declareJpegSize(await PHOTOS['orientation/1.jpg'](), 65_500),
  'huge_declared.png': async () => hugePng(60_000),
  'many_frames.gif': manyFrames,
  'empty.jpg': async () => Buffer.alloc(0),
  'wrong_magic.jpg': async () =>
    Buffer.from('<!doctype html>\n<title>Not a picture</title>\n<script>alert(1)</script>\n'),
  'picture.svg': async () => Buffer.from(SVG),
} satisfies Partial<Record<ImageName, Maker>>;

const SVG = `<?xml version="1.0" encoding="UTF-8"?>
<svg xmlns="http://www.w3.org/2000/svg" width="320" height="240"><title>Dot</title><circle cx="160" cy="120" r="80" fill="#c33"/></svg>
`;

function cut(file: Buffer): Buffer {
  return file.subarray(0, Math.floor(file.length * CUT_AT));
}

/** Bytes that are neither 0xff nor 0x00, so that no marker or stuffing comes about by accident. */
function rubbish(length: number): Buffer {
  return Buffer.from(
    Array.from({ length }, (_, index) => 1 + Math.floor(randomAt(index, 0, RUBBISH_SEED) * 254)),
  );
}

/** Replaces the fifth in the middle of the entropy-coded data. */
function scramble(jpeg: Buffer): Buffer {
  const scan = findMarker(jpeg, (marker) => marker === SOS);
  const length = jpeg.length - scan;
  const damaged = Buffer.from(jpeg);
  rubbish(Math.floor(length * 0.2)).copy(damaged, scan + Math.floor(length * 0.4));
  return damaged;
}

function declareJpegSize(jpeg: Buffer, side: number): Buffer {
  const frame = findMarker(jpeg, (marker) => marker === SOF0);
  const changed = Buffer.from(jpeg);
  changed.writeUInt16BE(side, frame + 5);
  changed.writeUInt16BE(side, frame + 7);
  return changed;
}

/** All checksums are right, and there are a few pixels: only the declared size gives it away. */
function hugePng(side: number): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(side, 0);
  header.writeUInt32BE(side, 4);
  // 8 bits of RGB: PNG (third edition), 11.2.1.
  header.set([8, 2], 8);
  // Stored, not compressed: zlib's builds agree on no other bytes.
  const pixels = deflateSync(Buffer.alloc(100), { level: 0 });
  const signature = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1');
  return Buffer.concat([
    signature,
    chunk('IHDR', header),
    chunk('IDAT', pixels),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type), data]);
  const bytes = Buffer.alloc(body.length + 8);
  bytes.writeUInt32BE(data.length);
  body.copy(bytes, 4);
  bytes.writeUInt32BE(crc32(body), body.length + 4);
  return bytes;
}

function manyFrames(): Promise<Buffer> {
  const { data, ...raw } = flicker(8, 150);
  return sharp(data, { raw }).gif().toBuffer();
}
