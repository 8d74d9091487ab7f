import { describe, expect, test } from 'vitest';
import { be16, zeros } from '../../../fixtures/headers/bytes.ts';
import { jpeg, jpegFrameHeader, jpegSegment } from '../../../fixtures/headers/jpeg.ts';
import { IDAT, png, pngChunk } from '../../../fixtures/headers/png.ts';
import { LONG, tiff, tiffSize } from '../../../fixtures/headers/tiff.ts';
import { vp8, vp8l, vp8x, webp } from '../../../fixtures/headers/webp.ts';
import { inspectBytes } from './expectations.ts';

async function heldBy(file: Uint8Array): Promise<number> {
  const found = await inspectBytes(file);
  if (found.kind !== 'image') throw new Error(`no image: ${JSON.stringify(found)}`);
  return found.heldBytesPerPixel;
}

/** 64 x 64, each component with its sampling factors, such as 0x21. */
const frame = (marker: number, factors: number[]) =>
  jpegSegment(marker, [
    8,
    ...be16(64),
    ...be16(64),
    factors.length,
    ...factors.flatMap((hv, at) => [at, hv, 0]),
  ]);
const scan = (components: number) => jpegSegment(0xda, [components, ...zeros(2 * components + 3)]);

describe('what a decoder has to hold whole, in bytes a pixel', () => {
  test.each([
    ['baseline, all components in one scan', jpeg(frame(0xc0, [0x22, 0x11, 0x11]), scan(3)), 0],
    ['extended, behind tables', jpeg(frame(0xc1, [0x11]), jpegSegment(0xc4, zeros(20)), scan(1)), 0],
    ['arithmetic, sequential', jpeg(frame(0xc9, [0x11]), scan(1)), 0],
    ['baseline, a scan for each component', jpeg(frame(0xc0, [0x11, 0x11, 0x11]), scan(1)), 6],
    ['progressive, 4:2:0', jpeg(frame(0xc2, [0x22, 0x11, 0x11]), scan(3)), 3],
    ['progressive, 4:2:2', jpeg(frame(0xc2, [0x21, 0x11, 0x11]), scan(3)), 4],
    ['progressive, 4:4:4', jpeg(frame(0xc2, [0x11, 0x11, 0x11]), scan(3)), 6],
    ['progressive, of four components', jpeg(frame(0xc2, [0x11, 0x11, 0x11, 0x11]), scan(4)), 8],
    ['of which the first scan is not seen', jpeg(jpegFrameHeader(64, 64)), 6],
    ['that says nothing of its sampling', jpeg(frame(0xc2, [0, 0, 0]), scan(3)), 0],
  ])('JPEG, %s', async (_, file, held) => {
    expect(await heldBy(file)).toBe(held);
  });

  const header = (depth: number, colour: number, interlace: number) =>
    pngChunk('IHDR', [0, 0, 0, 64, 0, 0, 0, 64, depth, colour, 0, 0, interlace]);
  test.each([
    ['of 8 bits', header(8, 2, 0), 0],
    ['interlaced, RGB of 8 bits', header(8, 2, 1), 3],
    ['interlaced, RGBA of 16 bits', header(16, 6, 1), 8],
    ['interlaced, grey of 1 bit', header(1, 0, 1), 1],
    ['interlaced, with a palette', header(4, 3, 1), 4],
  ])('PNG, %s', async (_, chunk, held) => {
    expect(await heldBy(png(chunk, IDAT))).toBe(held);
  });

  test.each([
    ['lossy', webp(vp8(64, 64)), 0],
    ['lossless', webp(vp8l(64, 64)), 4],
    ['extended, which may be lossless', webp(vp8x(64, 64), vp8(64, 64)), 4],
  ])('WebP, %s', async (_, file, held) => {
    expect(await heldBy(file)).toBe(held);
  });

  const tiled = (length: number) => [...tiffSize(64, 64), { tag: 323, type: LONG, value: length }];
  test.each([
    ['in strips', tiff([tiffSize(64, 64)]), 0],
    ['in tiles of a quarter of its height', tiff([tiled(16)]), 2],
    ['in one tile', tiff([tiled(64)]), 8],
    ['in a tile that is larger than it', tiff([tiled(60_000)]), 8],
  ])('TIFF, %s', async (_, file, held) => {
    expect(await heldBy(file)).toBe(held);
  });
});
