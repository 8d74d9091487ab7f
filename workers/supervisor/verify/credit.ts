import type { MetadataKind } from '../../../shared/domain/description.ts';
import { carries, malformed } from './verdict.ts';

/** EXIF of two short texts and what libvips writes with them takes some 300 bytes. */
const EXIF_BYTES_AT_MOST = 4096;

/** As the worker bounds them. */
const TEXT_BYTES_AT_MOST = 512;

/** Sizes of the types of TIFF 6.0, section 2, by their number; EXIF uses no other. */
const TYPE_BYTES = [0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8];
const ASCII = 2;
const SHORT = 3;
const LONG = 4;
const RATIONAL = 5;
const UNDEFINED = 7;

const ORIENTATION = 0x0112;
const ARTIST = 0x013b;
const COPYRIGHT = 0x8298;
const EXIF_IFD = 0x8769;
const GPS_IFD = 0x8825;
/** How the entry of the GPS directory begins: its tag, one LONG. */
const GPS_POINTER = {
  II: Buffer.from('2588040001000000', 'hex'),
  MM: Buffer.from('8825000400000001', 'hex'),
};

const KEPT_TEXTS: ReadonlyMap<number, MetadataKind> = new Map([
  [ARTIST, 'artist'],
  [COPYRIGHT, 'copyright'],
]);

/** The type and bytes that a tag has; several types where EXIF allows them. */
type Allowed = ReadonlyMap<number, { types: number[]; bytes: number }>;

/** The two that may be kept, and what EXIF 2.32 and libvips want beside them. */
const IFD0: Allowed = new Map([
  [ORIENTATION, { types: [SHORT], bytes: 2 }],
  [0x011a, { types: [RATIONAL], bytes: 8 }], // XResolution
  [0x011b, { types: [RATIONAL], bytes: 8 }], // YResolution
  [0x0128, { types: [SHORT], bytes: 2 }], // ResolutionUnit
  [ARTIST, { types: [ASCII], bytes: TEXT_BYTES_AT_MOST + 2 }],
  [0x0213, { types: [SHORT], bytes: 2 }], // YCbCrPositioning
  [COPYRIGHT, { types: [ASCII], bytes: TEXT_BYTES_AT_MOST + 2 }],
  [EXIF_IFD, { types: [LONG], bytes: 4 }],
]);
const EXIF: Allowed = new Map([
  [0x9000, { types: [UNDEFINED], bytes: 4 }], // ExifVersion
  [0x9101, { types: [UNDEFINED], bytes: 4 }], // ComponentsConfiguration
  [0xa000, { types: [UNDEFINED], bytes: 4 }], // FlashpixVersion
  [0xa001, { types: [SHORT], bytes: 2 }], // ColorSpace
  [0xa002, { types: [SHORT, LONG], bytes: 4 }], // PixelXDimension
  [0xa003, { types: [SHORT, LONG], bytes: 4 }], // PixelYDimension
]);

interface Entry {
  tag: number;
  type: number;
  /** Where its value is, and how long. */
  at: number;
  bytes: number;
}

/**
 * EXIF (a TIFF, without the name of its container before it) that holds a copyright and an artist at the most.
 * @returns what it keeps of its original
 * @param isAllowed whether the preset keeps these; where it does not, any EXIF is too much
 * @throws {BadOutput}
 */
export function checkExif(tiff: Buffer, isAllowed: boolean): MetadataKind[] {
  if (!isAllowed || tiff.length > EXIF_BYTES_AT_MOST) {
    throw carries(tellsPosition(tiff) ? 'a position' : 'EXIF');
  }
  const block = new Block(tiff);
  const ifd0 = block.entries(block.u32(4));
  if (ifd0.some(({ tag }) => tag === GPS_IFD)) throw carries('a position');
  checkTags(ifd0, IFD0);
  const kept: MetadataKind[] = ['exif'];
  for (const { tag, at, bytes } of ifd0) {
    if (tag === EXIF_IFD) checkTags(block.entries(block.u32(at)), EXIF);
    if (tag === ORIENTATION && block.u16(at) !== 1) throw malformed('is not upright');
    const text = KEPT_TEXTS.get(tag);
    if (!text) continue;
    checkText(tiff.subarray(at, at + bytes));
    kept.push(text);
  }
  block.checkRest();
  return kept;
}

/** For the reason that is given: it is refused in any case, so that nothing depends on what is overlooked here. */
const tellsPosition = (tiff: Buffer): boolean =>
  tiff.includes(GPS_POINTER.II) || tiff.includes(GPS_POINTER.MM);

function checkTags(entries: readonly Entry[], allowed: Allowed): void {
  for (const { tag, type, bytes } of entries) {
    const form = allowed.get(tag);
    if (!form) throw carries(`the EXIF tag 0x${tag.toString(16).padStart(4, '0')}`);
    const isText = type === ASCII && bytes <= form.bytes;
    if (!form.types.includes(type) || !(isText || bytes === form.bytes || isShortForm(type, bytes))) {
      throw malformed(`has a bad EXIF tag 0x${tag.toString(16)}`);
    }
  }
  if (new Set(entries.map(({ tag }) => tag)).size !== entries.length)
    throw malformed('has an EXIF tag twice');
}

const isShortForm = (type: number, bytes: number): boolean => type === SHORT && bytes === 2;

/** Printable ASCII, and zeros behind it. */
function checkText(value: Buffer): void {
  const end = value.indexOf(0);
  const text = value.subarray(0, end < 0 ? value.length : end);
  const isPlain = text.every((byte) => byte >= 0x20 && byte < 0x7f);
  if (!isPlain || !value.subarray(text.length).every((byte) => byte === 0)) {
    throw malformed('has a copyright that is no plain text');
  }
}

/** A TIFF that knows which of its bytes mean something. */
class Block {
  readonly #view: DataView;
  readonly #isKnown: Uint8Array;
  readonly #littleEndian: boolean;

  constructor(tiff: Buffer) {
    this.#view = new DataView(tiff.buffer, tiff.byteOffset, tiff.byteLength);
    this.#isKnown = new Uint8Array(tiff.length);
    const order = tiff.toString('latin1', 0, 4);
    if (order !== 'II*\0' && order !== 'MM\0*') throw carries('EXIF');
    this.#littleEndian = order === 'II*\0';
    this.#know(0, 8);
  }

  /** One directory, behind which there is none (a second one would be of a thumbnail). */
  entries(start: number): Entry[] {
    const count = this.u16(start);
    this.#know(start, 2 + 12 * count + 4);
    const next = start + 2 + 12 * count;
    const entries = Array.from({ length: count }, (_, index) => this.#entry(start + 2 + 12 * index));
    if (this.u32(next) !== 0) throw carries('a thumbnail');
    return entries;
  }

  u16(at: number): number {
    this.#know(at, 2);
    return this.#view.getUint16(at, this.#littleEndian);
  }

  u32(at: number): number {
    this.#know(at, 4);
    return this.#view.getUint32(at, this.#littleEndian);
  }

  /** @throws {BadOutput} when a byte that means nothing is no zero */
  checkRest(): void {
    for (let at = 0; at < this.#isKnown.length; at++) {
      if (!this.#isKnown[at] && this.#view.getUint8(at) !== 0) throw carries('something within its EXIF');
    }
  }

  #entry(start: number): Entry {
    const type = this.u16(start + 2);
    const bytes = (TYPE_BYTES[type] ?? 0) * this.u32(start + 4);
    const at = bytes <= 4 ? start + 8 : this.u32(start + 8);
    this.#know(at, bytes);
    return { tag: this.u16(start), type, at, bytes };
  }

  #know(at: number, bytes: number): void {
    if (at + bytes > this.#isKnown.length) throw malformed('has EXIF that points beyond its end');
    this.#isKnown.fill(1, at, at + bytes);
  }
}
