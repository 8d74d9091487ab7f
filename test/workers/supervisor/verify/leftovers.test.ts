import sharp, { type Sharp } from 'sharp';
import { describe, expect, test } from 'vitest';
import type { OutputFormat } from '../../../../shared/domain/image.ts';
import { be16, be32, bytes, le32 } from '../../../fixtures/headers/bytes.ts';
import { box, fullBox } from '../../../fixtures/headers/heif.ts';
import { jpegSegment } from '../../../fixtures/headers/jpeg.ts';
import { pngChunk } from '../../../fixtures/headers/png.ts';
import { riffChunk } from '../../../fixtures/headers/webp.ts';
import { type Directory, exif } from '../../../fixtures/metadata/exif.ts';
import { verified } from '../../../helpers/verified.ts';

const SIZE = { width: 64, height: 48 };

function picture(channels: 3 | 4 = 3): Sharp {
  const pixels = Buffer.alloc(SIZE.width * SIZE.height * channels);
  for (let at = 0; at < pixels.length; at++) pixels[at] = (at * 7919 + (at >> 5) * 31) % 256;
  return sharp(pixels, { raw: { ...SIZE, channels } });
}

const JPEG = await picture().jpeg({ progressive: true }).toBuffer();
const PNG = await picture().png().toBuffer();
const WEBP = await picture().webp().toBuffer();
const WEBP_ALPHA = await picture(4).webp().toBuffer();
const AVIF = await picture(4).avif({ effort: 0 }).toBuffer();

const GPS_EXIF = exif({ 271: 'Maker', 34853: { 1: 'N', 2: [51, 1, 28, 1, 4012, 100] } });
const CAMERA_EXIF = exif({ 271: 'Maker' });
const XMP = '<x:xmpmeta xmlns:x="adobe:ns:meta/"></x:xmpmeta>';
const GPS_XMP = '<rdf:Description exif:GPSLatitude="51,28.6687N"/>';

/** Puts bytes into a file, in front of the byte at `at`. */
const insert = (file: Uint8Array, at: number, part: Uint8Array): Buffer =>
  Buffer.concat([file.subarray(0, at), part, file.subarray(at)]);

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

/** Where the chunks of a PNG begin, after its header, and its end. */
function pngBoundaries(png: Buffer): number[] {
  const boundaries: number[] = [];
  for (let at = 33; at <= png.length; at += 12 + png.readUInt32BE(at)) {
    boundaries.push(at);
    if (at === png.length) break;
  }
  return boundaries;
}

/** A WebP with more in it, whose size is right. */
function inRiff(webp: Buffer, at: number, part: Uint8Array): Buffer {
  const longer = insert(webp, at, part);
  longer.writeUInt32LE(longer.length - 8, 4);
  return longer;
}

/** The same with the flag of VP8X that goes with it. */
function inExtended(part: Uint8Array, flag: number): Buffer {
  const longer = inRiff(WEBP_ALPHA, WEBP_ALPHA.length, part);
  longer.writeUInt8(longer.readUInt8(20) | flag, 20);
  return longer;
}

/** An AVIF with more in a box of it: the box, those around it, and the places of the items grow with it. */
function inBox(avif: Buffer, path: string[], part: Uint8Array): Buffer {
  const longer = Buffer.from(avif);
  let start = 0;
  let at = 0;
  for (const type of path) {
    at = avif.indexOf(type, start) - 4;
    longer.writeUInt32BE(avif.readUInt32BE(at) + part.length, at);
    start = at + 8;
  }
  moveItems(longer, part.length);
  return insert(longer, at + avif.readUInt32BE(at), part);
}

/** libheif writes offsets and lengths of four bytes, in version 0. */
function moveItems(avif: Buffer, by: number): void {
  const iloc = avif.indexOf('iloc') + 4;
  const count = avif.readUInt16BE(iloc + 6);
  for (let item = iloc + 8, index = 0; index < count; index++, item += 18) {
    const offset = item + 4;
    const field = avif.readUInt32BE(offset) === 0 ? item + 6 : offset;
    avif.writeUInt32BE(avif.readUInt32BE(field) + by, field);
  }
}

async function refusal(
  format: OutputFormat,
  file: Uint8Array,
): Promise<{ message: string; failure: string }> {
  const verdict = await verified(format, file, SIZE).catch((error: unknown) => error);
  expect(verdict).toMatchObject({ name: 'BadOutput' });
  return verdict as { message: string; failure: string };
}

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

describe('a WebP is refused', () => {
  const chunks: [string, Uint8Array, number, string][] = [
    ['EXIF', riffChunk('EXIF', CAMERA_EXIF), 0x08, 'carries EXIF'],
    ['EXIF with a position', riffChunk('EXIF', GPS_EXIF), 0x08, 'carries a position'],
    ['EXIF as JPEG has it', riffChunk('EXIF', bytes('Exif\0\0', GPS_EXIF)), 0x08, 'carries a position'],
    ['XMP', riffChunk('XMP ', XMP), 0x04, 'carries XMP'],
    ['XMP with a position', riffChunk('XMP ', GPS_XMP), 0x04, 'carries a position'],
    ['a profile', riffChunk('ICCP', 'p3'), 0x20, 'carries a colour profile'],
    ['a chunk that nobody knows', riffChunk('prVt', 'Ada'), 0, 'carries a chunk prVt'],
  ];

  test.each(chunks)('with %s, whether its header says so or not', async (_, chunk, flag, reason) => {
    const expected = { message: `thumb.webp ${reason}`, failure: 'metadata_left' };
    expect(await refusal('webp', inExtended(chunk, flag))).toMatchObject(expected);
    expect(await refusal('webp', inExtended(chunk, 0))).toMatchObject(expected);
    // Behind the header, where a profile has its place.
    expect(await refusal('webp', inRiff(WEBP_ALPHA, 30, chunk))).toMatchObject(expected);
  });

  const anmf = (...parts: Parameters<typeof bytes>) => {
    const header = bytes([0, 0, 0, 0, 0, 0], [63, 0, 0, 47, 0, 0], [100, 0, 0, 0]);
    return riffChunk('ANMF', bytes(header, ...parts));
  };
  const film = (...frames: Uint8Array[]) => {
    const vp8x = riffChunk('VP8X', [0x02, 0, 0, 0, 63, 0, 0, 47, 0, 0]);
    const body = bytes('WEBP', vp8x, riffChunk('ANIM', new Uint8Array(6)), ...frames);
    return bytes('RIFF', le32(body.length), body);
  };
  const vp8 = WEBP.subarray(12);

  test('for a chunk inside a frame of an animation', async () => {
    await verified('webp', film(anmf(vp8), anmf(vp8)), { ...SIZE, frames: 2 });
    for (const inside of [bytes(vp8, riffChunk('EXIF', GPS_EXIF)), bytes(riffChunk('prVt', 'Ada'), vp8)]) {
      const { message } = await refusal('webp', film(anmf(vp8), anmf(inside)));
      expect(message).toMatch(/carries something behind the picture of a frame|carries a chunk prVt/);
    }
    expect((await refusal('webp', film(anmf(vp8), riffChunk('EXIF', GPS_EXIF)))).message).toContain(
      'carries a position',
    );
  });

  const damage: [string, Uint8Array][] = [
    ['more behind its end', Buffer.concat([WEBP, Buffer.from('more')])],
    ['more behind its end, of which it says that it belongs to it', inRiff(WEBP, WEBP.length, bytes('more'))],
    ['a size that is not its own', insert(WEBP, 0, Buffer.alloc(0)).fill(1, 4, 5)],
    ['a flag for what is not there', inExtended(new Uint8Array(0), 0x08)],
    ['an unknown flag', inExtended(new Uint8Array(0), 0x40)],
    ['a frame outside its canvas', film(anmf(vp8).fill(9, 8, 9))],
    ['a byte in its padding', inRiff(bareOdd(), bareOdd().length, bytes('x'))],
  ];
  test.each(damage)('with %s', async (_, file) => {
    await refusal('webp', file);
  });

  /** A WebP whose picture data are of an odd length, without their padding. */
  function bareOdd(): Buffer {
    const length = WEBP.readUInt32LE(16);
    const odd = Buffer.from(WEBP.subarray(0, 20 + length - (length % 2 === 0 ? 1 : 0)));
    odd.writeUInt32LE(odd.length - 20, 16);
    return odd;
  }
});

describe('an AVIF is refused', () => {
  const infe = fullBox('infe', 2, 0, be16(9), be16(0), 'Exif\0');
  const places: [string, string[], Uint8Array, string][] = [
    ['a box inside its meta', ['meta'], box('prVt', 'Ada'), 'carries a box prVt too many'],
    ['free space inside its meta', ['meta'], box('free', 'Ada'), 'carries a box free too many'],
    ['a second list of items', ['meta'], fullBox('iinf', 0, 0, be16(1), infe), 'carries a box iinf too many'],
    ['an item behind those that are counted', ['meta', 'iinf'], infe, 'something behind the end of a box'],
    ['a property', ['meta', 'iprp', 'ipco'], box('uuid', 'Ada'), 'carries a property uuid'],
    ['a profile', ['meta', 'iprp', 'ipco'], box('colr', 'prof', 'p3'), 'carries a colour profile'],
    ['a name of its handler', ['meta', 'hdlr'], bytes('Ada\0'), 'carries a text in its boxes'],
    ['something in its size', ['meta', 'iprp', 'ipco', 'ispe'], bytes('Ada'), 'something behind the end'],
    ['something in its list of places', ['meta', 'iloc'], bytes('Ada'), 'something behind the end'],
    ['something in its references', ['meta', 'iref'], box('prVt', 'Ada'), 'ends too early'],
  ];
  test.each(places)('with %s', async (_, path, part, reason) => {
    expect((await refusal('avif', inBox(AVIF, path, part))).message).toMatch(new RegExp(reason));
  });

  test('never for what was put in alone: the same file passes where nothing is put in', async () => {
    await verified('avif', inBox(AVIF, ['meta'], new Uint8Array(0)), SIZE);
  });

  const mdat = AVIF.indexOf('mdat') - 4;
  const damage: [string, Uint8Array][] = [
    ['more behind its end', Buffer.concat([AVIF, box('free', 'Ada')])],
    ['a box in front of its data', movedBy(box('free', 'Ada'), mdat)],
    ['data that belong to no item', padded()],
    ['metadata among its picture data', withObu([0x2a, 3, 65, 100, 97])],
    ['padding among its picture data', withObu([0x7a, 3, 65, 100, 97])],
  ];
  test.each(damage)('with %s', async (_, file) => {
    await refusal('avif', file);
  });

  function movedBy(part: Uint8Array, at: number): Buffer {
    const moved = Buffer.from(AVIF);
    moveItems(moved, part.length);
    return insert(moved, at, part);
  }

  /** The box of the data goes on behind its items. */
  function padded(): Buffer {
    const longer = Buffer.concat([AVIF, Buffer.from('Ada')]);
    longer.writeUInt32BE(longer.readUInt32BE(mdat) + 3, mdat);
    return longer;
  }

  /** In front of a frame. */
  function withObu(obu: number[]): Uint8Array {
    return avifOf(bytes(obu, [0x32, 2, 1, 2]));
  }
});

test('the AVIF that is refused with an OBU too many passes without it', async () => {
  await verified('avif', avifOf(bytes([0x12, 0, 0x32, 2, 1, 2])), SIZE);
});

function avifOf(coded: Uint8Array): Uint8Array {
  const ftyp = box('ftyp', 'avif', be32(0), 'mif1', 'avif', 'miaf');
  const metaAt = (offset: number) =>
    fullBox(
      'meta',
      0,
      0,
      fullBox('hdlr', 0, 0, be32(0), 'pict', be32(0), be32(0), be32(0), [0]),
      fullBox('pitm', 0, 0, be16(1)),
      fullBox('iloc', 0, 0, [0x44, 0], be16(1), be16(1), be16(0), be16(1), be32(offset), be32(coded.length)),
      fullBox('iinf', 0, 0, be16(1), fullBox('infe', 2, 0, be16(1), be16(0), 'av01\0')),
      box(
        'iprp',
        box('ipco', fullBox('ispe', 0, 0, be32(SIZE.width), be32(SIZE.height))),
        fullBox('ipma', 0, 0, be32(1), be16(1), [1, 1]),
      ),
    );
  return bytes(ftyp, metaAt(ftyp.length + metaAt(0).length + 8), box('mdat', coded));
}

describe('EXIF where a copyright may be kept', () => {
  const inJpeg = (directory: Directory, second?: Directory) =>
    insert(JPEG, 2, jpegSegment(0xe1, bytes('Exif\0\0', exif(directory, second))));
  const judged = (file: Uint8Array) => verified('jpeg', file, SIZE, { mayHaveCredit: true });

  test('passes with a copyright and an artist, and it is said which', async () => {
    expect(await judged(inJpeg({ 33432: '(c) Ada' }))).toMatchObject({ kept: ['exif', 'copyright'] });
    expect(await judged(inJpeg({ 315: 'Ada', 33432: '(c) Ada' }))).toMatchObject({
      kept: ['exif', 'artist', 'copyright'],
    });
    expect(await judged(JPEG)).toMatchObject({ kept: [] });
  });

  const undue: [string, Buffer, string][] = [
    ['a position', inJpeg({ 33432: '(c) Ada', 34853: { 1: 'N' } }), 'a position'],
    ['the place of a position that is not there', inJpeg({ 34853: 0xffff }), 'a position'],
    ['a maker', inJpeg({ 271: 'Maker', 33432: '(c) Ada' }), 'the EXIF tag 0x010f'],
    ['a description', inJpeg({ 270: 'at home', 33432: '(c) Ada' }), 'the EXIF tag 0x010e'],
    ['a serial number', inJpeg({ 34665: { 42033: '8842' } }), 'the EXIF tag 0xa431'],
    ['a note of the maker', inJpeg({ 34665: { 37500: bytes('note') } }), 'the EXIF tag 0x927c'],
    ['a comment', inJpeg({ 34665: { 37510: bytes('ASCII\0\0\0Ada') } }), 'the EXIF tag 0x9286'],
    ['a directory of its own', inJpeg({ 34665: { 40965: { 1: 'R98' } } }), 'the EXIF tag 0xa005'],
    ['a thumbnail', inJpeg({ 33432: '(c) Ada' }, { 513: 8 }), 'a thumbnail'],
    [
      'a second block',
      insert(
        inJpeg({ 33432: '(c) Ada' }),
        2,
        jpegSegment(0xe1, bytes('Exif\0\0', exif({ 33432: '(c) Ada' }))),
      ),
      'EXIF',
    ],
    [
      'something that no tag speaks of',
      insert(JPEG, 2, jpegSegment(0xe1, bytes('Exif\0\0', exif({ 33432: '(c) Ada' }), 'Ada'))),
      'something within its EXIF',
    ],
  ];
  test.each(undue)('is refused with %s', async (_, file, what) => {
    await expect(judged(file)).rejects.toMatchObject({
      message: `thumb.jpg carries ${what}`,
      failure: 'metadata_left',
    });
  });

  const bad: [string, Buffer][] = [
    ['a copyright of more than 512 characters', inJpeg({ 33432: 'a'.repeat(600) })],
    ['a copyright of two texts', inJpeg({ 33432: 'Ada\0Eve' })],
    ['a copyright with control characters', inJpeg({ 33432: 'Ada\x1b[2J' })],
    ['a copyright that is a number', inJpeg({ 33432: 7 })],
    ['an orientation', inJpeg({ 274: 6 })],
  ];
  test.each(bad)('is refused with %s', async (_, file) => {
    await expect(judged(file)).rejects.toMatchObject({ name: 'BadOutput' });
  });
});
