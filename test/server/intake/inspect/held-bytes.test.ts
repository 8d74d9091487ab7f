import { describe, expect, test } from 'vitest';
import { be16, zeros } from '../../../fixtures/headers/bytes.ts';
import { jpeg, jpegFrameHeader, jpegSegment } from '../../../fixtures/headers/jpeg.ts';
import { IDAT, png, pngChunk } from '../../../fixtures/headers/png.ts';
import { SHORT, tiff, tiffSize } from '../../../fixtures/headers/tiff.ts';
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

  const page = (...tags: [tag: number, value: number][]) =>
    tiff([[...tiffSize(64, 1024), ...tags.map(([tag, value]) => ({ tag, type: SHORT, value }))]]);
  const [BITS, PHOTOMETRIC, SAMPLES, ROWS, PLANAR, TILE] = [258, 262, 277, 278, 284, 323];
  test.each([
    ['in strips, of which the rows of a short one are held', page(), 0.25],
    ['in strips, RGB', page([BITS, 8], [SAMPLES, 3]), 0.75],
    ['in tiles of a quarter of its height', page([TILE, 256]), 0.5],
    ['in one tile', page([TILE, 1024]), 2],
    ['in a tile that is larger than it', page([TILE, 60_000]), 2],
    ['in separate planes of one strip', page([BITS, 16], [SAMPLES, 3], [PLANAR, 2]), 12],
    ['of YCbCr in strips of 16 rows', page([BITS, 8], [PHOTOMETRIC, 6], [SAMPLES, 3], [ROWS, 16]), 6 / 64],
    ['of YCbCr in one strip', page([BITS, 8], [PHOTOMETRIC, 6], [SAMPLES, 3]), 6],
    ['of many samples', page([BITS, 32], [SAMPLES, 100]), 100 + 400 - 6],
  ])('TIFF, %s', async (_, file, held) => {
    expect(await heldBy(file)).toBe(held);
  });
});
