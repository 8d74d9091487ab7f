import { damaged, FRAMES_COUNTED_AT_MOST, type Inspection, image } from './inspection.ts';
import type { WindowReader } from './window-reader.ts';

/** The field type of unsigned integers of two bytes. */
const SHORT = 3;

const IMAGE_WIDTH = 256;
const IMAGE_LENGTH = 257;
const BITS_PER_SAMPLE = 258;
const PHOTOMETRIC = 262;
const SAMPLES_PER_PIXEL = 277;
const ROWS_PER_STRIP = 278;
const PLANAR = 284;
const TILE_LENGTH = 323;
const YCBCR = 6;
const SEPARATE = 2;
/** A row of tiles is held, or a strip; strips of more rows are decoded line by line, if that is possible (libvips). */
const ROWS_HELD = 128;
/** Three channels of 16 bits are no surprise to what decoding takes anyway. */
const USUAL_PIXEL_BYTES = 6;
/** As in libtiff (TIFFFetchDirectory): more is "probably not a valid IFD offset". */
const ENTRIES_AT_MOST = 4096;
/** Widths and heights are 32 bits wide in libtiff, whatever the file keeps them in. */
const LARGEST_SIZE = 2 ** 32 - 1;

/** TIFF 6.0, section 2, and the BigTIFF design: the same structure with other widths. */
interface Layout {
  littleEndian: boolean;
  big: boolean;
  firstDirectory: number;
  countBytes: number;
  entryBytes: number;
  offsetBytes: number;
}

interface Directory {
  entries: number;
  firstEntry: number;
  /** Where the offset of the next directory stands: no two directories share it. */
  link: number;
}

export async function readTiff(reader: WindowReader): Promise<Inspection> {
  const layout = await readLayout(reader);
  if (layout === undefined) return damaged('tiff', 'it ends within its header, or contradicts itself there');

  const first = await readDirectory(reader, layout, layout.firstDirectory);
  if (first === undefined) return damaged('tiff', 'it has no readable first page');

  const width = await readTag(reader, layout, first, IMAGE_WIDTH);
  const height = await readTag(reader, layout, first, IMAGE_LENGTH);
  if (width === undefined || height === undefined || Math.max(width, height) > LARGEST_SIZE) {
    return damaged('tiff', 'its first page has no readable width or height');
  }
  const held = await heldBytes(reader, layout, first, height);
  return image({ format: 'tiff', width, height, frames: await countPages(reader, layout, first) }, held);
}

/** For each pixel of the picture. A strip of separate planes, or of YCbCr, is held whole, and beside it what is made of it. */
async function heldBytes(
  reader: WindowReader,
  layout: Layout,
  page: Directory,
  height: number,
): Promise<number> {
  const tag = (number: number) => readTag(reader, layout, page, number);
  const bits = (await readFirst(reader, layout, page, BITS_PER_SAMPLE)) ?? 1;
  const pixelBytes = ((await tag(SAMPLES_PER_PIXEL)) ?? 1) * Math.max(1, bits / 8);
  const isWhole = (await tag(PLANAR)) === SEPARATE || (await tag(PHOTOMETRIC)) === YCBCR;
  const tileLength = await tag(TILE_LENGTH);
  const rows = tileLength ?? (isWhole ? ((await tag(ROWS_PER_STRIP)) ?? height) : ROWS_HELD);
  const held = 2 * pixelBytes * Math.min(1, rows / height);
  return held + Math.max(0, pixelBytes - USUAL_PIXEL_BYTES);
}

async function readLayout(reader: WindowReader): Promise<Layout | undefined> {
  const classic = await reader.view(0, 8);
  if (classic === undefined) return undefined;
  const littleEndian = classic.getUint8(0) === 0x49;
  if (classic.getUint16(2, littleEndian) === 42) {
    const firstDirectory = classic.getUint32(4, littleEndian);
    return { littleEndian, big: false, firstDirectory, countBytes: 2, entryBytes: 12, offsetBytes: 4 };
  }

  const header = await reader.view(0, 16);
  if (header?.getUint16(4, littleEndian) !== 8 || header.getUint16(6, littleEndian) !== 0) return undefined;
  const firstDirectory = readUint64(header, 8, littleEndian);
  return { littleEndian, big: true, firstDirectory, countBytes: 8, entryBytes: 20, offsetBytes: 8 };
}

async function readDirectory(
  reader: WindowReader,
  layout: Layout,
  offset: number,
): Promise<Directory | undefined> {
  const count = await reader.view(offset, layout.countBytes);
  if (offset === 0 || count === undefined) return undefined;
  const entries = layout.big
    ? readUint64(count, 0, layout.littleEndian)
    : count.getUint16(0, layout.littleEndian);
  if (entries === 0 || entries > ENTRIES_AT_MOST) return undefined;

  const firstEntry = offset + layout.countBytes;
  const link = firstEntry + entries * layout.entryBytes;
  return link <= reader.size ? { entries, firstEntry, link } : undefined;
}

/** Of several entries for one tag the first counts, as in libtiff. */
async function readTag(
  reader: WindowReader,
  layout: Layout,
  directory: Directory,
  tag: number,
): Promise<number | undefined> {
  const entry = await findEntry(reader, layout, directory, tag);
  return entry && readValue(entry, layout);
}

async function findEntry(
  reader: WindowReader,
  layout: Layout,
  directory: Directory,
  tag: number,
): Promise<DataView | undefined> {
  for (let index = 0; index < directory.entries; index += 1) {
    const offset = directory.firstEntry + index * layout.entryBytes;
    const entry = reader.peek(offset, layout.entryBytes) ?? (await reader.view(offset, layout.entryBytes));
    if (entry?.getUint16(0, layout.littleEndian) === tag) return entry;
  }
  return undefined;
}

/** Of several values the first, which stand elsewhere where they do not fit into the entry. */
async function readFirst(
  reader: WindowReader,
  layout: Layout,
  directory: Directory,
  tag: number,
): Promise<number | undefined> {
  const { littleEndian, big } = layout;
  const entry = await findEntry(reader, layout, directory, tag);
  if (entry?.getUint16(2, littleEndian) !== SHORT) return undefined;
  const count = big ? readUint64(entry, 4, littleEndian) : entry.getUint32(4, littleEndian);
  const at = big ? 12 : 8;
  if (count * 2 <= layout.offsetBytes) return entry.getUint16(at, littleEndian);
  const offset = big ? readUint64(entry, at, littleEndian) : entry.getUint32(at, littleEndian);
  return (await reader.view(offset, 2))?.getUint16(0, littleEndian);
}

/** One unsigned integer of any width that stands in the entry itself; libtiff takes signed ones alike. */
function readValue(entry: DataView, layout: Layout): number | undefined {
  const { littleEndian, big } = layout;
  const count = big ? readUint64(entry, 4, littleEndian) : entry.getUint32(4, littleEndian);
  if (count !== 1) return undefined;

  const at = big ? 12 : 8;
  switch (entry.getUint16(2, littleEndian)) {
    case 1: // BYTE
      return entry.getUint8(at);
    case 3: // SHORT
      return entry.getUint16(at, littleEndian);
    case 4: // LONG
      return entry.getUint32(at, littleEndian);
    case 6: // SBYTE
      return entry.getInt8(at);
    case 8: // SSHORT
      return entry.getInt16(at, littleEndian);
    case 9: // SLONG
      return entry.getInt32(at, littleEndian);
    case 16: // LONG8, in BigTIFF only
      return big ? readUint64(entry, at, littleEndian) : undefined;
    default:
      return undefined;
  }
}

/** A chain that breaks off or returns to a page of its own ends there: libtiff reads the pages before that. */
async function countPages(reader: WindowReader, layout: Layout, first: Directory): Promise<number> {
  const seen = new Set<number>();
  let directory: Directory | undefined = first;
  while (directory !== undefined && !seen.has(directory.link) && seen.size < FRAMES_COUNTED_AT_MOST) {
    seen.add(directory.link);
    const link: DataView | undefined = await reader.view(directory.link, layout.offsetBytes);
    if (link === undefined) break;
    const next: number = layout.big
      ? readUint64(link, 0, layout.littleEndian)
      : link.getUint32(0, layout.littleEndian);
    directory = await readDirectory(reader, layout, next);
  }
  return seen.size;
}

/** Above 2^53 it is inexact, which does no harm: it is then outside any file and above any limit here. */
function readUint64(view: DataView, offset: number, littleEndian: boolean): number {
  return Number(view.getBigUint64(offset, littleEndian));
}
