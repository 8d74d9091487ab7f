import { describe, expect, test } from 'vitest';
import { bytes } from '../../../../fixtures/headers/bytes.ts';
import { pngChunk } from '../../../../fixtures/headers/png.ts';
import { CAMERA_EXIF, GPS_EXIF, GPS_XMP, insert, picture, refusal, XMP } from './pictures.ts';

const PNG = await picture().png().toBuffer();

describe('a PNG is refused', () => {
  const chunks: [string, Uint8Array, string][] = [
    ['EXIF', pngChunk('eXIf', CAMERA_EXIF), 'carries EXIF'],
    ['EXIF with a position', pngChunk('eXIf', GPS_EXIF), 'carries a position'],
    ['XMP', pngChunk('iTXt', bytes('XML:com.adobe.xmp\0\0\0\0\0', XMP)), 'carries XMP'],
    [
      'XMP with a position',
      pngChunk('iTXt', bytes('XML:com.adobe.xmp\0\0\0\0\0', GPS_XMP)),
      'carries a position',
    ],
    ['a text', pngChunk('tEXt', 'Author\0Ada'), 'carries a text'],
    ['a compressed text', pngChunk('zTXt', 'Author\0\0'), 'carries a text'],
    ['an international text', pngChunk('iTXt', 'Author\0\0\0\0\0Ada'), 'carries a text'],
    ['a time', pngChunk('tIME', [7, 229, 6, 5, 4, 3, 2]), 'carries a time'],
    ['a profile', pngChunk('iCCP', 'p3\0\0'), 'carries a colour profile'],
    ['a chunk that nobody knows', pngChunk('prVt', 'Ada'), 'carries a chunk prVt'],
    ['a chunk whose name is no name', pngChunk('\n\x1b]0', 'Ada'), 'carries a chunk ????'],
    ['a known chunk that is too long', pngChunk('gAMA', 'much more'), 'carries a chunk gAMA'],
  ];

  test.each(chunks)('with %s in front of its picture data', async (_, chunk, reason) => {
    expect(await refusal('png', insert(PNG, 33, chunk))).toMatchObject({
      message: `thumb.png ${reason}`,
      failure: 'metadata_left',
    });
  });

  test.each(chunks)('with %s in any other place', async (_, chunk) => {
    for (const at of pngBoundaries(PNG)) await refusal('png', insert(PNG, at, chunk));
  });

  const damage: [string, Buffer][] = [
    ['more behind its end', Buffer.concat([PNG, Buffer.from('more')])],
    [
      'something in its end',
      insert(PNG, PNG.length, Buffer.alloc(0)).fill(1, PNG.length - 9, PNG.length - 8),
    ],
    ['a second header', insert(PNG, 33, PNG.subarray(8, 33))],
    ['no picture data', Buffer.concat([PNG.subarray(0, 33), PNG.subarray(-12)])],
    ['no header', Buffer.concat([PNG.subarray(0, 8), PNG.subarray(33)])],
  ];
  test.each(damage)('with %s', async (_, file) => {
    await refusal('png', file);
  });
});

/** Where the chunks of a PNG begin, after its header, and its end. */
function pngBoundaries(png: Buffer): number[] {
  const boundaries: number[] = [];
  for (let at = 33; at <= png.length; at += 12 + png.readUInt32BE(at)) {
    boundaries.push(at);
    if (at === png.length) break;
  }
  return boundaries;
}
