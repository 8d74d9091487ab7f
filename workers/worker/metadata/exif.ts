import type { MetadataKind } from '../../../shared/domain/description.ts';
import type { Findings } from './findings.ts';
import { DamagedMetadata, type InputBytes } from './input-bytes.ts';
import { readIptc, readPhotoshop } from './iptc.ts';
import { readXmp } from './xmp.ts';

// Tags of EXIF 2.32 and 3.0, TIFF 6.0, TIFF/EP and DNG; `XP` are those of Windows.
const NEW_SUBFILE_TYPE = 0x00fe;
const STRIP_OFFSETS = 0x0111;
const ARTIST = 0x013b;
const SUB_IFDS = 0x014a;
const THUMBNAIL_OFFSET = 0x0201;
const XMP = 0x02bc;
const COPYRIGHT = 0x8298;
const IPTC = 0x83bb;
const PHOTOSHOP = 0x8649;
const EXIF_IFD = 0x8769;
const ICC_PROFILE = 0x8773;
const GPS_IFD = 0x8825;
const MAKER_NOTE = 0x927c;
const USER_COMMENT = 0x9286;

/** What it tells that a tag is there and not blank. */
const TOLD_BY: ReadonlyMap<number, MetadataKind> = new Map([
  [0x010e, 'comment'], // ImageDescription
  [0x010f, 'camera'], // Make
  [0x0110, 'camera'], // Model
  [0x0132, 'time'], // DateTime
  [0x013c, 'camera'], // HostComputer
  [0x9003, 'time'], // DateTimeOriginal
  [0x9004, 'time'], // DateTimeDigitized
  [0x9c9b, 'comment'], // XPTitle
  [0x9c9c, 'comment'], // XPComment
  [0x9c9d, 'artist'], // XPAuthor
  [0x9c9e, 'comment'], // XPKeywords
  [0x9c9f, 'comment'], // XPSubject
  [0xa420, 'camera_serial'], // ImageUniqueID
  [0xa430, 'owner'], // CameraOwnerName
  [0xa431, 'camera_serial'], // BodySerialNumber
  [0xa433, 'camera'], // LensMake
  [0xa434, 'camera'], // LensModel
  [0xa435, 'camera_serial'], // LensSerialNumber
  [0xa436, 'comment'], // ImageTitle
  [0xa437, 'artist'], // Photographer
  [0xa438, 'owner'], // ImageEditor
  [0xc614, 'camera'], // UniqueCameraModel
  [0xc62f, 'camera_serial'], // CameraSerialNumber
]);

/** Sizes of the types, by their number: TIFF 6.0, section 2. */
const TYPE_BYTES = [0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4];

const ENTRIES_AT_MOST = 1_000;
/** A TIFF may have as many as it likes; what the first ones tell is enough. */
const DIRECTORIES_AT_MOST = 16;
/** Of a text, to see whether it is blank, and for a copyright. */
const TEXT_BYTES_AT_MOST = 2_048;

/** UserComment begins with the name of its coding: EXIF 2.32, section 4.6.5. */
const CODING_BYTES = 8;

interface Entry {
  tag: number;
  value: InputBytes;
}

interface Directory {
  entries: Entry[];
  /** Where the one behind it is; 0 for none. */
  next: number;
}

/** EXIF, without the name that a container puts before it. */
export function readExif(tiff: InputBytes, findings: Findings): void {
  findings.add('exif');
  const reader = new TiffReader(tiff);
  const first = reader.directory(reader.u32(4));
  findings.lookInto(() => readDirectory(first, reader, findings));
  if (first.next === 0) return;
  const { entries } = reader.directory(first.next);
  if (entries.some(({ tag }) => tag === THUMBNAIL_OFFSET || tag === STRIP_OFFSETS)) findings.add('thumbnail');
}

/** A file in TIFF: each page has a directory, and none of them is EXIF as such. */
export function readTiff(file: InputBytes, findings: Findings): void {
  const reader = new TiffReader(file);
  for (let at = reader.u32(4), count = 0; at !== 0 && count < DIRECTORIES_AT_MOST; count++) {
    const directory = reader.directory(at);
    readDirectory(directory, reader, findings);
    if (directory.entries.some(({ tag }) => tag === EXIF_IFD || tag === GPS_IFD)) findings.add('exif');
    at = directory.next;
  }
}

function readDirectory({ entries }: Directory, reader: TiffReader, findings: Findings): void {
  for (const entry of entries) findings.lookInto(() => readEntry(entry, reader, findings));
}

function readEntry({ tag, value }: Entry, reader: TiffReader, findings: Findings): void {
  const kind = TOLD_BY.get(tag);
  if (kind && !isBlank(textOf(value))) findings.add(kind);
  switch (tag) {
    case ARTIST:
      if (!isBlank(textOf(value))) findings.addArtist(textOf(value));
      break;
    case COPYRIGHT:
      if (!isBlank(textOf(value))) findings.addCopyright(textOf(value));
      break;
    case USER_COMMENT:
      if (!isBlank(textOf(value.part(CODING_BYTES)))) findings.add('comment');
      break;
    case MAKER_NOTE:
      findings.add('maker_note');
      break;
    case ICC_PROFILE:
      findings.add('profile');
      break;
    case XMP:
      readXmp(value, findings);
      break;
    case IPTC:
      readIptc(value, findings);
      break;
    case PHOTOSHOP:
      readPhotoshop(value, findings);
      break;
    case EXIF_IFD:
      // EXIF has no directory below this one that tells more.
      for (const each of reader.directory(reader.u32Of(value)).entries) {
        if (each.tag !== EXIF_IFD) findings.lookInto(() => readEntry(each, reader, findings));
      }
      break;
    case GPS_IFD:
      // Tag 0 is the version, and some cameras write it alone.
      if (reader.directory(reader.u32Of(value)).entries.some((each) => each.tag !== 0)) {
        findings.add('position');
      }
      break;
    case SUB_IFDS:
      if (isReduced(reader.directory(reader.u32Of(value)), reader)) findings.add('thumbnail');
      break;
    default:
      break;
  }
}

/** TIFF 6.0, NewSubfileType: bit 0 is that of a reduced picture. */
const isReduced = ({ entries }: Directory, reader: TiffReader): boolean =>
  entries.some(({ tag, value }) => tag === NEW_SUBFILE_TYPE && (reader.u32Of(value) & 1) === 1);

/** To the first zero: what stands behind it is another text (a copyright has two). */
const textOf = (value: InputBytes): string => {
  const bytes = value.read(0, TEXT_BYTES_AT_MOST);
  const end = bytes.indexOf(0);
  return bytes.toString('utf8', 0, end < 1 ? bytes.length : end);
};

const isBlank = (text: string): boolean => /^[\s\0]*$/.test(text);

class TiffReader {
  readonly #bytes: InputBytes;
  readonly #littleEndian: boolean;

  constructor(bytes: InputBytes) {
    const order = bytes.text(0, 2);
    if (order !== 'II' && order !== 'MM') throw new DamagedMetadata('it does not begin as a TIFF');
    this.#bytes = bytes;
    this.#littleEndian = order === 'II';
  }

  u32(at: number): number {
    return this.#bytes.u32(at, this.#littleEndian);
  }

  u32Of(value: InputBytes): number {
    return value.u32(0, this.#littleEndian);
  }

  /** What is cut off at the end is left out. */
  directory(at: number): Directory {
    const count = Math.min(this.#bytes.u16(at, this.#littleEndian), ENTRIES_AT_MOST);
    const entries: Entry[] = [];
    for (let index = 0; index < count; index++) {
      const start = at + 2 + 12 * index;
      if (start + 12 > this.#bytes.size) return { entries, next: 0 };
      entries.push(this.#entry(start));
    }
    const link = at + 2 + 12 * count;
    return { entries, next: link + 4 <= this.#bytes.size ? this.u32(link) : 0 };
  }

  #entry(start: number): Entry {
    const type = this.#bytes.u16(start + 2, this.#littleEndian);
    const bytes = (TYPE_BYTES[type] ?? 1) * this.u32(start + 4);
    const at = bytes <= 4 ? start + 8 : this.u32(start + 8);
    return { tag: this.#bytes.u16(start, this.#littleEndian), value: this.#bytes.part(at, bytes) };
  }
}
