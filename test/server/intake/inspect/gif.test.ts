import { describe, expect, test } from 'vitest';
import { FRAMES_COUNTED_AT_MOST } from '../../../../server/intake/inspect/inspection.ts';
import { bytes, le16, zeros } from '../../../fixtures/headers/bytes.ts';
import { GIF_COMMENT, GIF_TRAILER, GRAPHIC_CONTROL, gif, gifFrame } from '../../../fixtures/headers/gif.ts';
import { damagedBecause, imageOf, inspectBytes } from './expectations.ts';

const FRAME = gifFrame(64, 48);
const many = Array.from({ length: FRAMES_COUNTED_AT_MOST + 5 }, () => FRAME);
const withLocalTable = bytes([0x2c], zeros(4), le16(64), le16(48), [0x87], zeros(768), [2, 1, 0, 0]);
const withoutTable = bytes('GIF87a', le16(64), le16(48), [0, 0, 0], FRAME);

describe('a GIF gives its size and frames', () => {
  test.each([
    ['still', gif(64, 48, FRAME, GIF_TRAILER), imageOf('gif', 64, 48)],
    ['without a global colour table', withoutTable, imageOf('gif', 64, 48)],
    [
      'animated',
      gif(64, 48, GRAPHIC_CONTROL, FRAME, GIF_COMMENT, GRAPHIC_CONTROL, FRAME),
      imageOf('gif', 64, 48, 2),
    ],
    ['with local colour tables', gif(64, 48, withLocalTable, withLocalTable), imageOf('gif', 64, 48, 2)],
    ['counting nothing behind the trailer', gif(64, 48, FRAME, GIF_TRAILER, FRAME), imageOf('gif', 64, 48)],
    ['counting nothing behind junk', gif(64, 48, FRAME, [0x00], FRAME), imageOf('gif', 64, 48)],
    ['up to the most that are counted', gif(64, 48, ...many), imageOf('gif', 64, 48, FRAMES_COUNTED_AT_MOST)],
    ['over an empty comment', gif(64, 48, [0x21, 0xfe, 0], FRAME), imageOf('gif', 64, 48)],
    ['with the data of its picture cut off', gif(64, 48, FRAME).slice(0, -3), imageOf('gif', 64, 48)],
  ])('%s', async (_name, file, expected) => {
    expect(await inspectBytes(file)).toEqual(expected);
  });

  test.each([
    ['the screen, where the first frame is smaller', gif(64, 48, gifFrame(10, 10, 5, 5)), 64, 48],
    ['the first frame, where it leaves the screen', gif(64, 48, gifFrame(60, 40, 20, 10)), 80, 50],
    ['the first frame, where the screen is empty', gif(0, 0, FRAME), 64, 48],
    ['not a later frame', gif(64, 48, FRAME, gifFrame(500, 500)), 64, 48],
    ['the largest of both', gif(1, 1, gifFrame(65535, 65535, 65535, 65535)), 131070, 131070],
  ])('the size is that of %s', async (_name, file, width, height) => {
    expect(await inspectBytes(file)).toMatchObject({ kind: 'image', header: { width, height } });
  });

  test('the first frame is the one that libnsgif takes behind an extension of size zero', async () => {
    const hidden = bytes([0x21, 0x01, 0], [FRAME.length], FRAME, [0]);
    expect(await inspectBytes(gif(1, 1, hidden, gifFrame(9000, 9000)))).toEqual(imageOf('gif', 9000, 9000));
  });
});

describe('a GIF is damaged', () => {
  test.each([
    ['without a picture', gif(64, 48, GIF_TRAILER), 'it holds no picture'],
    [
      'with nothing but extensions',
      gif(64, 48, GRAPHIC_CONTROL, GIF_COMMENT, GIF_TRAILER),
      'it holds no picture',
    ],
    ['with junk before its picture', gif(64, 48, [0x07], FRAME), 'it holds no picture'],
    ['with an extension beyond the end', gif(64, 48, [0x21, 0xf9, 0xff], FRAME), 'it holds no picture'],
    ['cut within its first picture header', gif(64, 48, FRAME.slice(0, 9)), 'it holds no picture'],
    ['cut within its header', gif(64, 48).slice(0, 12), 'it ends within its header'],
    ['without any size', gif(0, 0, gifFrame(0, 0)), 'its width or height is zero'],
  ])('%s', async (_name, file, reason) => {
    expect(await inspectBytes(file)).toEqual(damagedBecause('gif', reason));
  });
});
