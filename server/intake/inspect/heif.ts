import type { InputFormat } from '../../../shared/domain/image.ts';
import { codingOf } from './heif-coding.ts';
import { damaged, type Inspection, image } from './inspection.ts';
import { type Box, boxes, findBox, findBoxes } from './iso-boxes.ts';
import type { WindowReader } from './window-reader.ts';

/** An item has one entry in an association box. libheif takes 1,000 items unless told otherwise. */
const ITEMS_AT_MOST = 2 ** 15;
/** One for each of its layouts: two versions, two widths (ISO/IEC 23008-12, section 9.3.1). */
const ASSOCIATION_BOXES_AT_MOST = 4;
/** A sequence has one for colour and one for alpha; each that is looked at may cost a walk over the file. */
const TRACKS_AT_MOST = 8;
const TRACK_TABLES = ['mdia', 'minf', 'stbl', 'stsz'] as const;

/** The codings for which there is a decoder, by the type of the coded item. */
const FORMATS: Partial<Record<string, InputFormat>> = { av01: 'avif', hvc1: 'heic' };
const FOREIGN: Partial<Record<string, string>> = {
  jpeg: 'JPEG in HEIF',
  j2k1: 'JPEG 2000 in HEIF',
  unci: 'uncompressed HEIF',
  avc1: 'H.264 in HEIF',
  vvc1: 'H.266 in HEIF',
};

/**
 * The coding and the size of the primary item: `pitm` names it, `iinf` says what it is, `ipma` gives the numbers of its
 * properties, and `ispe` among those is the size before rotation and cropping (ISO/IEC 23008-12, section 6.5.3). A
 * grid has one of its own.
 */
export async function readHeif(reader: WindowReader): Promise<Inspection> {
  const file = { type: 'file', start: 0, end: reader.size };
  // `meta` is a full box: four bytes of version and flags come before its children, as in pitm, ipma and ispe.
  const meta = await findBox(reader, file, 'meta', 0);
  const { pitm, iprp, iinf, iref } = meta
    ? await findBoxes(reader, meta, ['pitm', 'iprp', 'iinf', 'iref'], 4)
    : {};
  const ipco = iprp && (await findBox(reader, iprp, 'ipco', 0));
  const item = pitm && (await readItemId(reader, pitm));
  if (iprp === undefined || ipco === undefined || item === undefined) {
    return damaged('heif', 'it does not say which picture it shows');
  }

  const coding = await codingOf(reader, item, { iinf, iref });
  if (coding === undefined) return damaged('heif', 'it does not say how its picture is coded');
  const format = FORMATS[coding];
  if (format === undefined) {
    return { kind: 'unsupported', found: FOREIGN[coding] ?? 'HEIF of an unknown coding' };
  }

  const size = await readLargestSize(reader, ipco, await propertiesOf(reader, iprp, item));
  if (size === undefined) return damaged(format, 'its picture has no size');
  return image({ format, ...size, frames: await countSamples(reader, file) });
}

async function readItemId(reader: WindowReader, pitm: Box): Promise<number | undefined> {
  const version = (await reader.view(pitm.start, 1))?.getUint8(0);
  const bytes = version === 0 ? 2 : 4;
  if (pitm.start + 4 + bytes > pitm.end) return undefined;
  const view = await reader.view(pitm.start + 4, bytes);
  return bytes === 2 ? view?.getUint16(0) : view?.getUint32(0);
}

async function propertiesOf(reader: WindowReader, iprp: Box, item: number): Promise<Set<number>> {
  const properties = new Set<number>();
  let associations = 0;
  for await (const box of boxes(reader, iprp.start, iprp.end)) {
    if (box.type !== 'ipma') continue;
    associations += 1;
    if (associations > ASSOCIATION_BOXES_AT_MOST) break;
    for (const property of await readAssociations(reader, box, item)) properties.add(property);
  }
  return properties;
}

/** The numbers of an item's properties. Of several entries for it the first counts, as in libheif. */
async function readAssociations(reader: WindowReader, ipma: Box, item: number): Promise<number[]> {
  const head = await reader.view(ipma.start, 8);
  if (head === undefined || ipma.start + 8 > ipma.end) return [];
  const idBytes = head.getUint8(0) === 0 ? 2 : 4;
  const width = (head.getUint8(3) & 1) === 0 ? 1 : 2;
  const entries = Math.min(head.getUint32(4), ITEMS_AT_MOST);

  let offset = ipma.start + 8;
  for (let index = 0; index < entries; index += 1) {
    const entry = reader.peek(offset, idBytes + 1) ?? (await reader.view(offset, idBytes + 1));
    if (entry === undefined) return [];
    const start = offset + idBytes + 1;
    offset = start + entry.getUint8(idBytes) * width;
    if (offset > ipma.end) return [];

    const id = idBytes === 2 ? entry.getUint16(0) : entry.getUint32(0);
    if (id === item) return propertyNumbers(await reader.view(start, offset - start), width);
  }
  return [];
}

/** The upper bit of each says that the property is essential. */
function propertyNumbers(list: DataView | undefined, width: 1 | 2): number[] {
  if (list === undefined) return [];
  return Array.from({ length: list.byteLength / width }, (_, index) =>
    width === 1 ? list.getUint8(index) & 0x7f : list.getUint16(index * 2) & 0x7fff,
  );
}

/** An item should have one size; where an attacker gives it several, the largest is the safe answer. */
async function readLargestSize(reader: WindowReader, ipco: Box, properties: Set<number>) {
  let size: { width: number; height: number } | undefined;
  let index = 0;
  for await (const box of boxes(reader, ipco.start, ipco.end)) {
    index += 1;
    if (box.type !== 'ispe' || !properties.has(index) || box.start + 12 > box.end) continue;
    const view = await reader.view(box.start, 12);
    if (view === undefined) break;
    size = {
      width: Math.max(size?.width ?? 0, view.getUint32(4)),
      height: Math.max(size?.height ?? 0, view.getUint32(8)),
    };
  }
  return size;
}

/** A sequence keeps its frames as samples of a track; `stsz` counts them (ISO/IEC 14496-12, section 8.7.3). */
async function countSamples(reader: WindowReader, file: Box): Promise<number> {
  let samples = 1;
  const moov = await findBox(reader, file, 'moov', 0);
  if (moov === undefined) return samples;
  let tracks = 0;
  for await (const trak of boxes(reader, moov.start, moov.end)) {
    if (trak.type !== 'trak') continue;
    tracks += 1;
    if (tracks > TRACKS_AT_MOST) break;
    let table: Box | undefined = trak;
    for (const type of TRACK_TABLES) table = table && (await findBox(reader, table, type, 0));
    if (table === undefined || table.start + 12 > table.end) continue;
    const view = await reader.view(table.start, 12);
    samples = Math.max(samples, view?.getUint32(8) ?? 1);
  }
  return samples;
}
