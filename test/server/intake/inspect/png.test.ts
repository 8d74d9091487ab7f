import { describe, expect, test } from 'vitest';
import { be32, bytes, zeros } from '../../../fixtures/headers/bytes.ts';
import { IDAT, png, pngChunk, pngHeader } from '../../../fixtures/headers/png.ts';
import { damagedBecause, imageOf, inspectBytes } from './expectations.ts';

const HEADER = pngHeader(640, 480);
const acTL = (frames: number) => pngChunk('acTL', [...be32(frames), ...be32(0)]);

describe('a PNG gives the size of its header', () => {
  test.each([
    ['before its picture data', png(HEADER, IDAT), 1],
    ['with chunks between', png(HEADER, pngChunk('iCCP', zeros(9000)), pngChunk('tEXt', ''), IDAT), 1],
    ['with the frames of an animation', png(HEADER, acTL(12), IDAT), 12],
    [
      'with the frames of an animation behind a long chunk',
      png(HEADER, pngChunk('zTXt', zeros(9000)), acTL(7), IDAT),
      7,
    ],
    ['as a still where the frames come too late', png(HEADER, IDAT, acTL(12)), 1],
    ['as a still where the frames are zero', png(HEADER, acTL(0), IDAT), 1],
    ['as a still where the frames have another length', png(HEADER, pngChunk('acTL', be32(12)), IDAT), 1],
  ])('%s', async (_name, file, frames) => {
    expect(await inspectBytes(file)).toEqual(imageOf('png', 640, 480, frames));
  });

  test('for each colour type with its bit depths, and for no other', async () => {
    const accepted: string[] = [];
    for (let colour = 0; colour < 8; colour += 1) {
      for (const depth of [0, 1, 2, 4, 8, 16, 32]) {
        const { kind } = await inspectBytes(png(pngHeader(1, 1, depth, colour), IDAT));
        if (kind === 'image') accepted.push(`${colour}/${depth}`);
      }
    }
    expect(accepted.join(' ')).toBe('0/1 0/2 0/4 0/8 0/16 2/8 2/16 3/1 3/2 3/4 3/8 4/8 4/16 6/8 6/16');
  });

  test('up to its largest', async () => {
    const largest = 2 ** 31 - 1;
    expect(await inspectBytes(png(pngHeader(largest, largest), IDAT))).toEqual(
      imageOf('png', largest, largest),
    );
  });
});

describe('a PNG is damaged', () => {
  test.each([
    ['without a width', png(pngHeader(0, 480), IDAT), 'its width or height is zero'],
    ['without a height', png(pngHeader(640, 0), IDAT), 'its width or height is zero'],
    ['with a width above 31 bits', png(pngHeader(2 ** 31, 1), IDAT), 'its width or height is impossible'],
    [
      'with a height above 31 bits',
      png(pngHeader(1, 2 ** 32 - 1), IDAT),
      'its width or height is impossible',
    ],
    [
      'with another chunk first',
      png(pngChunk('tEXt', zeros(13)), HEADER, IDAT),
      'it does not begin with a header chunk',
    ],
    ['with a longer header', png(pngChunk('IHDR', zeros(14)), IDAT), 'it does not begin with a header chunk'],
    ['without picture data', png(HEADER), 'it ends before its picture data'],
    [
      'ended before its picture data',
      png(HEADER, pngChunk('IEND', ''), IDAT),
      'it ends before its picture data',
    ],
    [
      'with a chunk beyond the end',
      png(HEADER, bytes(be32(2 ** 32 - 1), 'tEXt'), IDAT),
      'it ends before its picture data',
    ],
  ])('%s', async (_name, file, reason) => {
    expect(await inspectBytes(file)).toEqual(damagedBecause('png', reason));
  });
});
