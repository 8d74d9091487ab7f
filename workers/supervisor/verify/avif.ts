import type { MetadataKind } from '../../../shared/domain/description.ts';
import { type AvifItem, readMeta } from './avif-meta.ts';
import { checkExif } from './credit.ts';
import { type OutputReader, TAKEN_AT_MOST } from './output-reader.ts';
import { carries, carriesXmp, malformed, type Seen } from './verdict.ts';

/** ISO/IEC 14496-12, section 4.2: the size of a box and its type. */
const BOX_HEADER_BYTES = 8;

/** What a file may say that it is: AV1 Image File Format, sections 4 and 8. */
const BRANDS = new Set(['avif', 'mif1', 'miaf', 'MA1A', 'MA1B', '\0\0\0\0']);

/** Kinds of OBU that make a picture: AV1, section 6.2.2. */
const OBU_TYPES = new Set([
  1, // sequence header
  2, // temporal delimiter
  3, // frame header
  4, // tile group
  6, // frame
]);
const OBU_METADATA = 5;

/** Before the EXIF of an item: where its TIFF begins behind these bytes. ISO/IEC 23008-12, annex A.2.1. */
const TIFF_OFFSET_BYTES = 4;
const EXIF_NAME = Buffer.from('Exif\0\0', 'latin1');

/**
 * An AVIF of our encoders: `ftyp`, `meta`, `mdat`; one picture with its alpha, which share out the bytes of `mdat`
 * between them. What the tiles of AV1 say is not looked at.
 * @throws {BadOutput}
 */
export async function verifyAvif(reader: OutputReader, mayHaveCredit: boolean): Promise<Seen> {
  const size = reader.left;
  checkBrands(await reader.take(await box(reader, 'ftyp')));
  // It is read while items are, which are asked for one after the other.
  const meta = Buffer.from(await reader.take(await box(reader, 'meta')));
  const { width, height, items } = readMeta(meta);
  const end = reader.left - BOX_HEADER_BYTES - (await box(reader, 'mdat'));

  let kept: readonly MetadataKind[] = [];
  for (const item of items.toSorted((a, b) => a.offset - b.offset)) {
    if (item.offset !== size - reader.left) throw malformed('has data that belong to no picture, or to two');
    if (item.type === 'Exif') {
      kept = checkItemExif(await reader.take(Math.min(item.length, TAKEN_AT_MOST)), mayHaveCredit);
    } else if (item.type === 'mime')
      throw carriesXmp(await reader.take(Math.min(item.length, TAKEN_AT_MOST)));
    else await passObus(reader, item);
  }
  if (reader.left !== end) throw malformed('has data that belong to no picture');
  return { width, height, frames: 1, kept };
}

/** @returns the bytes of the box behind its header */
async function box(reader: OutputReader, type: string): Promise<number> {
  const header = await reader.take(BOX_HEADER_BYTES);
  const found = header.toString('latin1', 4);
  const size = header.readUInt32BE();
  if (found !== type || size < BOX_HEADER_BYTES) throw carries(`something else in the place of its ${type}`);
  return size - BOX_HEADER_BYTES;
}

function checkBrands(ftyp: Buffer): void {
  const brands = ftyp.toString('latin1').match(/.{4}/gs) ?? [];
  const isAvif = brands[0] === 'avif' && ftyp.length % 4 === 0;
  if (!isAvif || !brands.every((brand) => BRANDS.has(brand))) throw malformed('does not begin as an AVIF');
}

function checkItemExif(data: Buffer, mayHaveCredit: boolean): MetadataKind[] {
  const behind = data.subarray(TIFF_OFFSET_BYTES);
  const isNamed = behind.subarray(0, EXIF_NAME.length).equals(EXIF_NAME);
  const tiff = isNamed ? behind.subarray(EXIF_NAME.length) : behind;
  const offset = data.length < TIFF_OFFSET_BYTES ? -1 : data.readUInt32BE();
  const kept = checkExif(tiff, mayHaveCredit);
  if (offset !== 0 && offset !== behind.length - tiff.length) throw malformed('has EXIF in the wrong place');
  return kept;
}

/** The units of a coded picture, to the end of the item: AV1, section 5.3. */
async function passObus(reader: OutputReader, { length }: AvifItem): Promise<void> {
  const end = reader.left - length;
  while (reader.left > end) {
    const header = (await reader.take(1)).readUInt8(0);
    const type = (header >> 3) & 0x0f;
    // A forbidden bit, an extension (no layers here), a reserved bit.
    if ((header & 0x85) !== 0) throw malformed('has bad picture data');
    if (!OBU_TYPES.has(type))
      throw type === OBU_METADATA ? carries('metadata of AV1') : malformed('has bad picture data');
    const hasSize = (header & 0x02) !== 0;
    await reader.pass(hasSize ? await leb128(reader) : reader.left - end);
  }
  if (reader.left !== end) throw malformed('has picture data beyond their end');
}

/** AV1, section 4.10.5; below 2^28, which is more than any file here. */
async function leb128(reader: OutputReader): Promise<number> {
  let value = 0;
  for (let shift = 0; shift < 28; shift += 7) {
    const byte = (await reader.take(1)).readUInt8(0);
    value |= (byte & 0x7f) << shift;
    if ((byte & 0x80) === 0) return value;
  }
  throw malformed('has bad picture data');
}
