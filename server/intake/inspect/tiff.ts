import { damaged, FRAMES_COUNTED_AT_MOST, type Inspection, image } from './inspection.ts';
import type { WindowReader } from './window-reader.ts';

const IMAGE_WIDTH = 256;
const IMAGE_LENGTH = 257;
const TILE_LENGTH = 323;
/** Four channels of 16 bits. A row of tiles is held whole; strips are decoded line by line. */
const WIDEST_PIXEL_BYTES = 8;
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
  const tileLength = (await readTag(reader, layout, first, TILE_LENGTH)) ?? 0;
  const held = WIDEST_PIXEL_BYTES * Math.min(1, tileLength / height);
  return image({ format: 'tiff', width, height, frames: await countPages(reader, layout, first) }, held);
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
  for (let index = 0; index < directory.entries; index += 1) {
    const offset = directory.firstEntry + index * layout.entryBytes;
    const entry = reader.peek(offset, layout.entryBytes) ?? (await reader.view(offset, layout.entryBytes));
    if (entry?.getUint16(0, layout.littleEndian) === tag) return readValue(entry, layout);
  }
  return undefined;
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
