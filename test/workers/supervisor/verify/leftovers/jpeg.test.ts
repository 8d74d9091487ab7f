import { describe, expect, test } from 'vitest';
import { be16, be32, bytes } from '../../../../fixtures/headers/bytes.ts';
import { jpegSegment } from '../../../../fixtures/headers/jpeg.ts';
import { CAMERA_EXIF, GPS_EXIF, GPS_XMP, insert, JPEG, refusal, XMP } from './pictures.ts';

describe('a JPEG is refused', () => {
  const app = (marker: number, ...parts: Parameters<typeof bytes>) => jpegSegment(marker, bytes(...parts));
  const segments: [string, Uint8Array, string][] = [
    ['EXIF', app(0xe1, 'Exif\0\0', CAMERA_EXIF), 'carries EXIF'],
    ['EXIF with a position', app(0xe1, 'Exif\0\0', GPS_EXIF), 'carries a position'],
    ['EXIF that is damaged', app(0xe1, 'Exif\0\0', 'what is this'), 'carries EXIF'],
    ['XMP', app(0xe1, 'http://ns.adobe.com/xap/1.0/\0', XMP), 'carries XMP'],
    ['XMP with a position', app(0xe1, 'http://ns.adobe.com/xap/1.0/\0', GPS_XMP), 'carries a position'],
    ['a comment', app(0xfe, 'call me'), 'carries a comment'],
    ['IPTC', app(0xed, 'Photoshop 3.0\0', '8BIM'), 'carries IPTC'],
    ['a profile', app(0xe2, 'ICC_PROFILE\0', [1, 1]), 'carries a colour profile, or other pictures'],
    ['a list of pictures', app(0xe2, 'MPF\0', CAMERA_EXIF), 'carries a colour profile, or other pictures'],
    ['the segment of Adobe', app(0xee, 'Adobe', be16(100), be32(0)), 'carries application data'],
    ['a thumbnail', app(0xe0, 'JFIF\0', [1, 2, 0, 0, 1, 0, 1, 1, 1, 9, 9, 9]), 'carries application data'],
  ];

  test.each(segments)('with %s, wherever it stands between segments', async (_, segment, reason) => {
    for (const at of jpegBoundaries(JPEG)) {
      expect(await refusal('jpeg', insert(JPEG, at, segment))).toMatchObject({
        message: `thumb.jpg ${reason}`,
        failure: 'metadata_left',
      });
    }
  });

  const damage: [string, Buffer][] = [
    ['more behind its end', Buffer.concat([JPEG, Buffer.from('more')])],
    ['another picture behind its end', Buffer.concat([JPEG, JPEG])],
    ['no end', JPEG.subarray(0, -2)],
    ['no picture', Buffer.from('ffd8ffd9', 'hex')],
    ['fill bytes, which would hold a message', insert(JPEG, 2, Buffer.from('ffff', 'hex'))],
    ['something between its segments', insert(JPEG, 2, Buffer.from('x'))],
    ['an arithmetic frame', insert(JPEG, 2, jpegSegment(0xc9, new Uint8Array(15)))],
    ['a table with more behind it', insert(JPEG, 2, jpegSegment(0xdb, new Uint8Array(70)))],
    ['a Huffman table with more behind it', insert(JPEG, 2, jpegSegment(0xc4, new Uint8Array(40)))],
    ['a number of lines of its own', insert(JPEG, JPEG.length - 2, jpegSegment(0xdc, new Uint8Array(2)))],
  ];
  test.each(damage)('with %s', async (_, file) => {
    await refusal('jpeg', file);
  });
});

/** Where the segments of a JPEG begin, after its first marker, and its end. */
function jpegBoundaries(jpeg: Buffer): number[] {
  const boundaries: number[] = [];
  let at = 2;
  while (jpeg[at + 1] !== 0xd9) {
    boundaries.push(at);
    const isScan = jpeg[at + 1] === 0xda;
    at += 2 + jpeg.readUInt16BE(at + 2);
    while (isScan && !(jpeg[at] === 0xff && jpeg[at + 1] !== 0)) at++;
  }
  return [...boundaries, at];
}
