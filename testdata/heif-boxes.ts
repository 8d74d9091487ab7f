/** A property of an item, as its box; one that is essential must be understood by whoever shows the item. */
export interface Property {
  box: Buffer;
  essential: boolean;
}

export interface HeifItem {
  /** As its code of four letters. Items are numbered from 1 in the order in which they are given. */
  type: string;
  data: Buffer;
  properties: readonly Property[];
  /** What it refers to, by the numbers of the items. */
  references?: readonly { type: string; to: readonly number[] }[];
  /** Of an item of the type `mime`. */
  contentType?: string;
}

const HIDDEN = 1;

/**
 * A HEIF file whose primary item is the first one: ISO/IEC 23008-12 and, for the boxes of items, ISO/IEC 14496-12, 8.11.
 * Items that are parts of others are hidden.
 */
export function heif(brand: string, items: readonly HeifItem[]): Buffer {
  const ftyp = box('ftyp', ascii(brand), u32(0), ascii('mif1'), ascii(brand));
  const metaAt = (dataAt: number) => metaBox(items, dataAt);
  // The place of the data follows from the size of what stands before it, which does not depend on that place.
  const dataAt = ftyp.length + metaAt(0).length + BOX_HEADER_BYTES;
  return Buffer.concat([ftyp, metaAt(dataAt), box('mdat', ...items.map(({ data }) => data))]);
}

function metaBox(items: readonly HeifItem[], dataAt: number): Buffer {
  const hdlr = fullBox('hdlr', 0, 0, u32(0), ascii('pict'), Buffer.alloc(13));
  const references = items.flatMap(({ references = [] }, index) =>
    references.map(({ type, to }) => box(type, u16(index + 1), u16(to.length), ...to.map(u16))),
  );
  return fullBox(
    'meta',
    0,
    0,
    hdlr,
    fullBox('pitm', 0, 0, u16(1)),
    fullBox('iinf', 0, 0, u16(items.length), ...items.map((item, index) => itemInfo(item, index + 1, items))),
    ...(references.length > 0 ? [fullBox('iref', 0, 0, ...references)] : []),
    properties(items),
    locations(items, dataAt),
  );
}

function itemInfo({ type, contentType }: HeifItem, id: number, items: readonly HeifItem[]): Buffer {
  const isPart = items.some(({ references }) =>
    references?.some((it) => it.type === 'dimg' && it.to.includes(id)),
  );
  const ends = contentType === undefined ? '\0' : `\0${contentType}\0`;
  return fullBox('infe', 2, isPart ? HIDDEN : 0, u16(id), u16(0), ascii(type), ascii(ends));
}

/** Each property once, however many items have it. */
function properties(items: readonly HeifItem[]): Buffer {
  const boxes: Buffer[] = [];
  const numberOf = (property: Buffer): number => {
    const known = boxes.findIndex((it) => it.equals(property));
    return known >= 0 ? known + 1 : boxes.push(property);
  };
  const associations = items.map(({ properties: own }, index) => {
    const numbers = own.map((it) => (it.essential ? 0x80 : 0) | numberOf(it.box));
    return Buffer.concat([u16(index + 1), Buffer.from([numbers.length, ...numbers])]);
  });
  const ipma = fullBox('ipma', 0, 0, u32(items.length), ...associations);
  return box('iprp', box('ipco', ...boxes), ipma);
}

/** One extent each, with offsets and lengths of four bytes. */
function locations(items: readonly HeifItem[], dataAt: number): Buffer {
  let at = dataAt;
  const entries = items.map(({ data }, index) => {
    const entry = Buffer.concat([u16(index + 1), u16(0), u16(1), u32(at), u32(data.length)]);
    at += data.length;
    return entry;
  });
  return fullBox('iloc', 0, 0, Buffer.from([0x44, 0]), u16(items.length), ...entries);
}

const BOX_HEADER_BYTES = 8;

export function box(type: string, ...parts: readonly Buffer[]): Buffer {
  const size = parts.reduce((sum, part) => sum + part.length, BOX_HEADER_BYTES);
  return Buffer.concat([u32(size), ascii(type), ...parts]);
}

/** A box that begins with a version and flags. */
export function fullBox(type: string, version: number, flags: number, ...parts: readonly Buffer[]): Buffer {
  return box(type, u32(version * 2 ** 24 + flags), ...parts);
}

export const ascii = (text: string): Buffer => Buffer.from(text, 'latin1');

export function u16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(value);
  return bytes;
}

export function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
