import { describe, expect, test } from 'vitest';
import { FRAMES_COUNTED_AT_MOST } from '../../../../server/intake/inspect/inspection.ts';
import { be32, bytes, zeros } from '../../../fixtures/headers/bytes.ts';
import { ANIMATED, ANMF, riffChunk, vp8, vp8l, vp8x, webp } from '../../../fixtures/headers/webp.ts';
import { damagedBecause, imageOf, inspectBytes } from './expectations.ts';

const many = Array.from({ length: FRAMES_COUNTED_AT_MOST + 5 }, () => ANMF);

describe('a WebP gives its size', () => {
  test.each([
    ['lossy', webp(vp8(640, 480)), imageOf('webp', 640, 480)],
    ['lossy, without its upscaling bits', webp(vp8(0x4000 | 640, 0xc000 | 480)), imageOf('webp', 640, 480)],
    ['lossy at its largest', webp(vp8(16383, 16383)), imageOf('webp', 16383, 16383)],
    ['lossless', webp(vp8l(640, 480)), imageOf('webp', 640, 480)],
    ['lossless at its smallest', webp(vp8l(1, 1)), imageOf('webp', 1, 1)],
    ['lossless at its largest', webp(vp8l(16384, 16384)), imageOf('webp', 16384, 16384)],
    ['extended', webp(vp8x(640, 480), vp8(640, 480)), imageOf('webp', 640, 480)],
    ['extended at its largest', webp(vp8x(2 ** 24, 2 ** 24), vp8(1, 1)), imageOf('webp', 2 ** 24, 2 ** 24)],
    [
      'animated',
      webp(vp8x(64, 48, ANIMATED), riffChunk('ANIM', zeros(6)), ANMF, ANMF),
      imageOf('webp', 64, 48, 2),
    ],
    [
      'animated, over chunks of an odd length',
      webp(vp8x(64, 48, ANIMATED), riffChunk('ICCP', 'odd'), ANMF),
      imageOf('webp', 64, 48, 1),
    ],
    ['as a still without the flag', webp(vp8x(64, 48), ANMF, ANMF), imageOf('webp', 64, 48)],
    [
      'with frames up to the most that are counted',
      webp(vp8x(64, 48, ANIMATED), ...many),
      imageOf('webp', 64, 48, FRAMES_COUNTED_AT_MOST),
    ],
    [
      'animated, with a huge chunk at its end',
      bytes(webp(vp8x(64, 48, ANIMATED), ANMF), 'JUNK', be32(2 ** 32 - 1), zeros(40)),
      imageOf('webp', 64, 48),
    ],
  ])('%s', async (_name, file, expected) => {
    expect(await inspectBytes(file)).toEqual(expected);
  });
});

describe('a WebP is damaged', () => {
  const key = (first: number, code: number) => riffChunk('VP8 ', [first, 0, 0, 0x9d, 0x01, code, 1, 0, 1, 0]);
  test.each([
    ['without a width', webp(vp8(0, 480)), 'its width or height is zero'],
    ['without a height', webp(vp8(640, 0)), 'its width or height is zero'],
    ['with an inter frame', webp(key(1, 0x2a)), 'its picture data does not begin with a key frame'],
    ['with a wrong start code', webp(key(0, 0x2b)), 'its picture data does not begin with a key frame'],
    [
      'with a wrong lossless signature',
      webp(riffChunk('VP8L', zeros(5))),
      'its picture data has no signature',
    ],
    [
      'with a short extended header',
      webp(riffChunk('VP8X', zeros(8)), zeros(20)),
      'it ends within its header',
    ],
    ['with another chunk first', webp(riffChunk('EXIF', zeros(20))), 'it does not begin with picture data'],
    [
      'animated without frames',
      webp(vp8x(64, 48, ANIMATED), vp8(64, 48)),
      'it is an animation without frames',
    ],
    ['cut behind its file header', webp(), 'it ends within its header'],
  ])('%s', async (_name, file, reason) => {
    expect(await inspectBytes(file)).toEqual(damagedBecause('webp', reason));
  });
});
