import { expect, test } from 'vitest';
import { bytes, type Part, zeros } from '../../../fixtures/headers/bytes.ts';
import { ftyp } from '../../../fixtures/headers/heif.ts';
import { inspectBytes } from './expectations.ts';

const SVG = '<svg xmlns="http://www.w3.org/2000/svg"/>';

test.each<[string, Part]>([
  ['Canon RAW', ftyp('crx ', 'isom')],
  ['Canon RAW', 'II*\0\x10\0\0\0CR\x02\0'],
  ['MP4 video', ftyp('isom', 'iso2', 'avc1', 'mp41')],
  ['QuickTime video', ftyp('qt  ')],
  ['QuickTime video', '\0\0\x10\0moov'],
  ['3GP video', ftyp('3gp4')],
  ['MP4 audio', ftyp('M4A ')],
  ['an unknown media file', ftyp('????')],
  ['SVG', SVG],
  ['SVG', `\xef\xbb\xbf<?xml version="1.0"?><!-- a comment -->\n${SVG}`],
  ['HTML', '<!DOCTYPE html><html><body><svg></svg>'],
  ['HTML', '\n<HTML lang="en">'],
  ['XML', '<?xml version="1.0"?><feed/>'],
  ['text', 'BMW builds cars.\r\n'],
  ['text', '{"json": true}'],
  ['text', Buffer.from('text in two bytes each, öäü', 'utf16le').toString('latin1').replace(/^/, '\xff\xfe')],
  ['JPEG 2000', '\0\0\0\x0cjP  \r\n\x87\n'],
  ['JPEG 2000', '\xff\x4f\xff\x51\0'],
  ['JPEG XL', '\0\0\0\x0cJXL \r\n\x87\n'],
  ['JPEG XL', '\xff\x0a\0'],
  ['JPEG-LS', '\xff\xd8\xff\xf7\0\x0b'],
  ['PDF', '%PDF-1.7\n'],
  ['BMP', 'BM\x36\0\0\0\0\0\0\0'],
  ['Photoshop', '8BPS\0\x01'],
  ['an icon', '\0\0\x01\0\x01\0'],
  ['ZIP archive', 'PK\x03\x04\x14\0'],
  ['gzip archive', '\x1f\x8b\x08\0'],
  ['tar archive', bytes(zeros(257), 'ustar\0')],
  ['WebM or Matroska video', '\x1a\x45\xdf\xa3'],
  ['AVI video', 'RIFF\0\0\0\0AVI LIST'],
  ['WAV audio', 'RIFF\0\0\0\0WAVEfmt '],
  ['a program', '\x7fELF\x02\x01\x01\0'],
  ['a program', 'MZ\x90\0\x03\0'],
  ['an unknown format', 'RIFF\0\0\0\0????'],
  ['an unknown format', [0x80, 0x81, 0x82]],
  ['an unknown format', zeros(5000)],
  ['an empty file', ''],
])('names %s', async (found, file) => {
  expect(await inspectBytes(bytes(file))).toEqual({ kind: 'unsupported', found });
});

test.each([
  ftyp('heic', 'mif1', 'heic'),
  ftyp('mif1', 'heix'),
  ftyp('mif1', 'miaf'),
  ftyp('msf1', 'iso8', 'hevc'),
  ftyp('avif'),
])('knows a HEIF by any of its brands', async (file) => {
  expect(await inspectBytes(file)).toMatchObject({ kind: 'damaged', format: 'heif' });
});

test('a character that the end of the window cuts in two does not make text unknown', async () => {
  const text = Buffer.from(`x${'é'.repeat(2000)}`);
  expect(await inspectBytes(text)).toEqual({ kind: 'unsupported', found: 'text' });
});
