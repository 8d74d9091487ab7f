import type { InputFormat } from '../../../shared/domain/image.ts';
import { isoMedia } from './iso-brands.ts';
import { textName } from './sniff-text.ts';

/** Enough for every signature here, and for the prologue that may stand before the root of an SVG or HTML. */
export const SNIFFED_BYTES = 1024;

/** What the first bytes tell; whether a HEIF is AVIF or HEIC stands further down. */
export type Container = Exclude<InputFormat, 'avif' | 'heic'> | 'heif';

export type Sniffed = { kind: 'accepted'; format: Container } | { kind: 'unsupported'; found: string };

/** Where the bytes stand, what they are in Latin-1, and what begins with them. */
type Signature<Name> = readonly [offset: number, bytes: string, name: Name];

const ACCEPTED: readonly Signature<Container>[] = [
  [0, '\xff\xd8', 'jpeg'],
  [0, '\x89PNG\r\n\x1a\n', 'png'],
  [0, 'GIF8', 'gif'],
  [0, 'II*\0', 'tiff'],
  [0, 'MM\0*', 'tiff'],
  [0, 'II+\0', 'tiff'],
  [0, 'MM\0+', 'tiff'],
];

/** These come first: some of them continue the signature of an accepted format. */
const UNSUPPORTED: readonly Signature<string>[] = [
  [0, '\0\0\0\x0cjP  \r\n\x87\n', 'JPEG 2000'],
  [0, '\xff\x4f\xff\x51', 'JPEG 2000'],
  [0, '\0\0\0\x0cJXL \r\n\x87\n', 'JPEG XL'],
  [0, '\xff\x0a', 'JPEG XL'],
  [0, '\xff\xd8\xff\xf7', 'JPEG-LS'],
  [0, 'II\xbc', 'JPEG XR'],
  [0, '%PDF-', 'PDF'],
  [0, '%!PS', 'PostScript'],
  [0, '8BPS', 'Photoshop'],
  [0, '\0\0\x01\0', 'an icon'],
  [0, '\0\0\x02\0', 'an icon'],
  [0, '\x8aMNG\r\n\x1a\n', 'MNG'],
  [0, 'qoif', 'QOI'],
  [0, 'DDS ', 'DDS'],
  [0, '#?RADIANCE', 'Radiance HDR'],
  [0, '\x76\x2f\x31\x01', 'OpenEXR'],
  [0, 'II*\0\x10\0\0\0CR', 'Canon RAW'],
  [0, 'FUJIFILMCCD-RAW', 'Fujifilm RAW'],
  [0, 'IIU\0', 'Panasonic RAW'],
  [0, 'IIRO', 'Olympus RAW'],
  [0, 'PK\x03\x04', 'ZIP archive'],
  [0, 'PK\x05\x06', 'ZIP archive'],
  [0, 'Rar!\x1a\x07', 'RAR archive'],
  [0, '7z\xbc\xaf\x27\x1c', '7-Zip archive'],
  [0, '\x1f\x8b', 'gzip archive'],
  [0, 'BZh', 'bzip2 archive'],
  [0, '\xfd7zXZ\0', 'xz archive'],
  [0, '\x28\xb5\x2f\xfd', 'zstd archive'],
  [257, 'ustar', 'tar archive'],
  [0, '\x1a\x45\xdf\xa3', 'WebM or Matroska video'],
  [0, '\0\0\x01\xba', 'MPEG video'],
  [0, '\0\0\x01\xb3', 'MPEG video'],
  [0, 'FLV\x01', 'Flash video'],
  [4, 'moov', 'QuickTime video'],
  [4, 'mdat', 'QuickTime video'],
  [0, 'OggS', 'Ogg'],
  [0, 'fLaC', 'FLAC audio'],
  [0, 'ID3', 'MP3 audio'],
  [0, '\x7fELF', 'a program'],
];

/** Two letters that a text may well begin with: looked at when it is not one. */
const TERSE: readonly Signature<string>[] = [
  [0, 'BM', 'BMP'],
  [0, 'MZ', 'a program'],
];

const RIFF_FORMS: readonly Signature<string>[] = [
  [8, 'AVI ', 'AVI video'],
  [8, 'WAVE', 'WAV audio'],
];

/** What a file is by its first bytes, and by nothing else: no name, nothing that the client says. */
export function sniff(head: Uint8Array): Sniffed {
  const latin1 = String.fromCharCode(...head.subarray(0, SNIFFED_BYTES));
  const iso = isoMedia(latin1);
  if (iso !== undefined) return iso.kind === 'heif' ? accepted('heif') : unsupported(iso.found);
  if (latin1.startsWith('RIFF')) {
    return latin1.startsWith('WEBP', 8) ? accepted('webp') : unsupported(match(RIFF_FORMS, latin1));
  }

  const foreign = match(UNSUPPORTED, latin1);
  if (foreign !== undefined) return unsupported(foreign);
  const format = match(ACCEPTED, latin1);
  if (format !== undefined) return accepted(format);
  return unsupported(textName(head) ?? match(TERSE, latin1));
}

function match<Name>(signatures: readonly Signature<Name>[], latin1: string): Name | undefined {
  return signatures.find(([offset, bytes]) => latin1.startsWith(bytes, offset))?.[2];
}

function accepted(format: Container): Sniffed {
  return { kind: 'accepted', format };
}

function unsupported(found: string | undefined): Sniffed {
  return { kind: 'unsupported', found: found ?? 'an unknown format' };
}
