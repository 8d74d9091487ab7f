import { describe, expect, test } from 'vitest';
import { bytes } from '../../../../fixtures/headers/bytes.ts';
import { jpegSegment } from '../../../../fixtures/headers/jpeg.ts';
import { type Directory, exif } from '../../../../fixtures/metadata/exif.ts';
import { verified } from '../../../../helpers/verified.ts';
import { insert, JPEG, SIZE } from './pictures.ts';

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
