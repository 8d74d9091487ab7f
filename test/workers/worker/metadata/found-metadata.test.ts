import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { METADATA_KINDS, type MetadataKind } from '../../../../shared/domain/description.ts';
import { INPUT_FORMATS, type InputFormat } from '../../../../shared/domain/image.ts';
import { foundMetadata } from '../../../../workers/worker/metadata/found-metadata.ts';
import { be16, bytes } from '../../../fixtures/headers/bytes.ts';
import { box, fullBox } from '../../../fixtures/headers/heif.ts';
import { app, gifComment, gifWith, jpegWith, tiffWith } from '../../../fixtures/metadata/carriers.ts';
import { type Directory, exif } from '../../../fixtures/metadata/exif.ts';
import { PRIVATE_PICTURES } from '../../../fixtures/metadata/private-pictures.ts';
import { ownFolder } from '../../../helpers/own-folder.ts';

async function found(format: InputFormat, file: Uint8Array) {
  const path = join(await ownFolder(), 'input');
  await writeFile(path, file);
  return foundMetadata(path, format);
}

const inOrder = (kinds: readonly MetadataKind[]) => METADATA_KINDS.filter((kind) => kinds.includes(kind));

const foundIn = async (directory: Directory, second?: Directory) =>
  found('jpeg', jpegWith(app(1, 'Exif\0\0', exif(directory, second))));

describe('what an original tells is found', () => {
  test.each(PRIVATE_PICTURES)('in $name', async ({ format, bytes: file, tells }) => {
    expect((await found(format, file)).found).toEqual(inOrder(tells));
  });

  test.each(['jpeg', 'png', 'webp', 'avif', 'gif', 'tiff'] as const)(
    'and nothing in a bare %s',
    async (format) => {
      const pixels = Buffer.alloc(32 * 24 * 3, 90);
      const picture = sharp(pixels, { raw: { width: 32, height: 24, channels: 3 } });
      const file = format === 'avif' ? picture.avif({ effort: 0 }) : picture.toFormat(format);
      expect(await found(format, await file.toBuffer())).toEqual({
        found: [],
        copyright: null,
        artist: null,
      });
    },
  );

  const tags: [string, Directory, MetadataKind][] = [
    ['XPComment', { 40092: bytes('h\0i\0\0\0') }, 'comment'],
    ['XPAuthor', { 40093: bytes('A\0\0\0') }, 'artist'],
    ['HostComputer', { 316: 'a phone' }, 'camera'],
    ['LensModel', { 34665: { 42036: 'a lens' } }, 'camera'],
    ['LensSerialNumber', { 34665: { 42037: '1177' } }, 'camera_serial'],
    ['ImageUniqueID', { 34665: { 42016: '54e8' } }, 'camera_serial'],
    ['DateTimeDigitized', { 34665: { 36868: '2021:06:05 04:03:02' } }, 'time'],
    ['MakerNote', { 34665: { 37500: bytes('note') } }, 'maker_note'],
    ['a place in IPTC', { 33723: bytes([0x1c, 2, 90, 0, 2], 'Ey') }, 'position'],
    ['GPSAltitude', { 34853: { 6: [46, 1] } }, 'position'],
  ];
  test.each(tags)('of EXIF by %s', async (_, directory, kind) => {
    expect((await foundIn(directory)).found).toContain(kind);
  });

  test('of two texts, as they stand there', async () => {
    const { copyright, artist } = await foundIn({ 315: 'Ada', 33432: '© Ada Müller\0the editor' });
    expect({ copyright, artist }).toEqual({ copyright: '© Ada Müller', artist: 'Ada' });
  });

  test('of IPTC, where EXIF has no copyright', async () => {
    const { copyright, artist } = await found(
      'tiff',
      tiffWith({ 33723: bytes([0x1c, 2, 116, 0, 3], 'Ada') }),
    );
    expect({ copyright, artist }).toEqual({ copyright: 'Ada', artist: null });
  });
});

describe('what is there and tells nothing is not called', () => {
  const blank: [string, Directory, MetadataKind][] = [
    ['a copyright of blanks', { 33432: '   ' }, 'copyright'],
    ['an artist of nothing', { 315: '' }, 'artist'],
    ['a comment of zeros', { 34665: { 37510: bytes('ASCII\0\0\0', new Uint8Array(40)) } }, 'comment'],
    ['a description of blanks', { 270: '                               ' }, 'comment'],
    ['a version of GPS without a position', { 34853: { 0: bytes([2, 3, 0, 0]) } }, 'position'],
  ];
  test.each(blank)('%s', async (_, directory, kind) => {
    const result = await foundIn(directory);
    expect(result.found).not.toContain(kind);
    expect(result).toMatchObject({ copyright: null, artist: null });
  });

  test('what made a file', async () => {
    expect((await foundIn({ 305: 'an editor' })).found).toEqual(['exif']);
  });
});

describe('damaged metadata', () => {
  test('that are cut anywhere tell what was before it, and are no error', async () => {
    const whole = jpegWith(app(1, 'Exif\0\0', exif({ 271: 'Maker', 34853: { 2: [51, 1] } })));
    const seen = new Set<string>();
    for (let end = 1; end < 140; end++) {
      seen.add((await found('jpeg', whole.subarray(0, end))).found.join());
    }
    expect([...seen]).toEqual(['', 'exif', 'camera,exif', 'position,camera,exif']);
  });

  test('in one block do not hide those in another', async () => {
    const broken = app(1, 'Exif\0\0', 'MM\0*\xff\xff\xff\xff');
    expect((await found('jpeg', jpegWith(broken, app(2, 'ICC_PROFILE\0')))).found).toEqual([
      'exif',
      'profile',
    ]);
  });

  test('in one tag do not hide those behind it', async () => {
    const directory = { 34665: 0xffffff, 34853: { 2: [51, 1] } };
    expect((await foundIn(directory)).found).toEqual(['position', 'exif']);
  });

  test('of any bytes are no error', async () => {
    const path = join(await ownFolder(), 'input');
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...INPUT_FORMATS),
        fc.uint8Array({ maxLength: 300 }),
        async (format, any) => {
          await writeFile(path, any);
          foundMetadata(path, format);
        },
      ),
      { numRuns: 500 },
    );
  });

  test('of any change to a good file are no error', async () => {
    const path = join(await ownFolder(), 'input');
    const change = fc.record({ at: fc.nat(3_000), put: fc.uint8Array({ minLength: 1, maxLength: 6 }) });
    const changes = fc.array(change, { minLength: 1, maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...PRIVATE_PICTURES),
        changes,
        async ({ format, bytes: good }, all) => {
          const file = Buffer.from(good);
          for (const { at, put } of all)
            file.set(put.subarray(0, file.length - (at % file.length)), at % file.length);
          await writeFile(path, file);
          foundMetadata(path, format);
        },
      ),
      { numRuns: 1_000 },
    );
  });
});

/** Each of these would never end, or take minutes, without its bound. */
describe('no file keeps the worker busy', () => {
  test('a TIFF whose directory follows itself', async () => {
    const file = Buffer.from(tiffWith({ 271: 'Maker' }));
    const count = file.readUInt16BE(8);
    file.writeUInt32BE(8, 8 + 2 + 12 * count);
    expect((await found('tiff', file)).found).toEqual(['camera']);
  });

  test('EXIF whose EXIF directory is its own', async () => {
    const file = Buffer.from(exif({ 271: 'Maker', 34665: 8, 330: 8 }));
    expect((await found('jpeg', jpegWith(app(1, 'Exif\0\0', file)))).found).toEqual(['camera', 'exif']);
  });

  test('a TIFF with a thousand tags that all point to one long packet of XMP', async () => {
    const tags = Object.fromEntries(
      Array.from({ length: 1_000 }, (_, index) => [index + 1, new Uint8Array(8)]),
    );
    const file = Buffer.concat([exif(tags), Buffer.alloc(2 ** 20, 'GPSLatitud ')]);
    for (let entry = 10; entry < 10 + 12_000; entry += 12) {
      file.writeUInt16BE(0x02bc, entry);
      file.writeUInt32BE(2 ** 20, entry + 4);
    }
    expect((await found('tiff', file)).found).toEqual(['xmp']);
  });

  test('a GIF of comments without end', async () => {
    const comments = Array.from({ length: 20_000 }, () => gifComment('hi'));
    expect(
      (await found('gif', gifWith(bytes(...comments), bytes([0x21, 0xff]), new Uint8Array(2 ** 20).fill(1))))
        .found,
    ).toEqual(['comment']);
  });

  test('an AVIF whose items lie in as many pieces as can be said, of no bytes each', async () => {
    const items = 10_000;
    const infe = fullBox('infe', 2, 0, be16(1), be16(0), 'Exif\0');
    const pieces = bytes(...Array<Uint8Array>(items).fill(bytes(be16(1), be16(0), be16(0xffff))));
    const iinf = fullBox('iinf', 0, 0, be16(1), infe);
    const iloc = fullBox('iloc', 0, 0, [0, 0], be16(items), pieces);
    const meta = fullBox('meta', 0, 0, iinf, iloc);
    const file = bytes(box('ftyp', 'avif'), meta);
    // One of them would take some 8 s.
    for (let count = 0; count < 10; count++) expect((await found('avif', file)).found).toEqual(['exif']);
  });

  test('a PNG of the smallest chunks', async () => {
    const chunk = Buffer.from('00000000624B474400000000', 'hex');
    const file = Buffer.concat([Buffer.from('89504e470d0a1a0a', 'hex'), ...Array(200_000).fill(chunk)]);
    expect((await found('png', file)).found).toEqual([]);
  });
});
