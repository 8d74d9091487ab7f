import { describe, expect, test } from 'vitest';
import { be16, bytes, zeros } from '../../../fixtures/headers/bytes.ts';
import { JFIF, jpeg, jpegFrameHeader, jpegSegment } from '../../../fixtures/headers/jpeg.ts';
import { damagedBecause, imageOf, inspectBytes } from './expectations.ts';

const FRAME = jpegFrameHeader(640, 480);

describe('a JPEG gives the size of its frame header', () => {
  test.each([
    ['right behind the start', jpeg(FRAME)],
    ['behind segments', jpeg(JFIF, jpegSegment(0xe1, zeros(60_000)), jpegSegment(0xdb, zeros(65)), FRAME)],
    [
      'behind Huffman and arithmetic tables',
      jpeg(jpegSegment(0xc4, zeros(20)), jpegSegment(0xcc, zeros(2)), FRAME),
    ],
    ['behind the reserved JPG marker', jpeg(jpegSegment(0xc8, zeros(20)), FRAME)],
    ['behind fill bytes', jpeg(JFIF, [0xff, 0xff, 0xff], FRAME)],
    ['behind junk, which libjpeg passes over', jpeg(JFIF, zeros(10_000), 'junk', [0xff, 0x00], FRAME)],
    ['behind markers that stand alone', jpeg(JFIF, [0xff, 0x01, 0xff, 0xd0, 0xff, 0xd7], FRAME)],
    ['behind junk right after its start', jpeg([0, 1, 2], FRAME)],
    [
      'behind segments of length 0 and 1, which libjpeg takes for empty',
      jpeg([0xff, 0xe0, 0, 0, 0xff, 0xe1, 0, 1], FRAME),
    ],
    ['behind an empty segment', jpeg(jpegSegment(0xfe, ''), FRAME)],
    ['progressive', jpeg(jpegFrameHeader(640, 480, 0xc2))],
    ['lossless', jpeg(jpegFrameHeader(640, 480, 0xc3))],
    ['arithmetic', jpeg(jpegFrameHeader(640, 480, 0xc9))],
    ['the last kind', jpeg(jpegFrameHeader(640, 480, 0xcf))],
    ['grey', jpeg(jpegFrameHeader(640, 480, 0xc0, 1))],
    ['CMYK', jpeg(jpegFrameHeader(640, 480, 0xc0, 4))],
    ['the first of two', jpeg(FRAME, jpegFrameHeader(1, 1))],
  ])('%s', async (_name, file) => {
    expect(await inspectBytes(file)).toEqual(imageOf('jpeg', 640, 480));
  });

  test('up to its largest', async () => {
    expect(await inspectBytes(jpeg(jpegFrameHeader(65535, 65535)))).toEqual(imageOf('jpeg', 65535, 65535));
  });
});

describe('a JPEG is damaged', () => {
  const CONTRADICTION = 'its frame header contradicts itself';
  test.each<[string, Uint8Array, string]>([
    ['without a height (DNL)', jpeg(jpegFrameHeader(640, 0)), 'its width or height is zero'],
    ['without a width', jpeg(jpegFrameHeader(0, 480)), 'its width or height is zero'],
    ['without components', jpeg(jpegFrameHeader(640, 480, 0xc0, 0)), CONTRADICTION],
    [
      'with a length for other components',
      jpeg([0xff, 0xc0, ...be16(11), 8], [1, 0, 1, 0, 3], zeros(9)),
      CONTRADICTION,
    ],
    [
      'with a segment beyond the end',
      jpeg([0xff, 0xe0, 0xff, 0xff], FRAME),
      'it ends before its frame header',
    ],
    [
      'with more junk than any camera writes',
      jpeg(zeros(300_000), FRAME),
      'it has too much before its frame header',
    ],
    ['cut within the frame header', jpeg(FRAME).slice(0, 8), 'it ends within its frame header'],
    ...[0xd8, 0xd9, 0xda].map((marker): [string, Uint8Array, string] => [
      `with marker ${marker.toString(16)} before the frame header`,
      bytes(jpeg(JFIF, [0xff, marker, 0, 8]), FRAME),
      'it has no frame header before its picture data',
    ]),
  ])('%s', async (_name, file, reason) => {
    expect(await inspectBytes(file)).toEqual(damagedBecause('jpeg', reason));
  });
});
