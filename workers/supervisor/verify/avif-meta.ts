import { BoxReader } from './box-reader.ts';
import { carries, malformed } from './verdict.ts';

// ISO/IEC 14496-12, section 8.11, and ISO/IEC 23008-12, section 6: the boxes that say which items a file has.
// Forms that libheif does not write for a picture and its alpha are refused.

/** What lies in `mdat`. */
export interface AvifItem {
  type: 'av01' | 'Exif' | 'mime';
  /** From the beginning of the file. */
  offset: number;
  length: number;
}

export interface AvifMeta {
  width: number;
  height: number;
  items: AvifItem[];
}

/** The picture, its alpha, and its EXIF. */
const ITEMS_AT_MOST = 3;
/** What each of two pictures says of itself, none shared. */
const PROPERTIES_AT_MOST = 12;

const ALPHA_URNS = ['urn:mpeg:mpegB:cicp:systems:auxiliary:alpha\0', 'urn:mpeg:hevc:2015:auxid:1\0'];

type Types = Map<number, AvifItem['type']>;

/**
 * The content of `meta`, every byte of it accounted for.
 * @throws {BadOutput}
 */
export function readMeta(bytes: Buffer): AvifMeta {
  const meta = new BoxReader(bytes);
  meta.expectFullBox(0);
  const boxes = meta.boxes(['hdlr', 'pitm', 'iloc', 'iinf', 'iref', 'iprp']);
  checkHandler(required(boxes, 'hdlr'));
  const types = readItemInfos(required(boxes, 'iinf'));
  const primary = readPrimary(required(boxes, 'pitm'));
  if (types.get(primary) !== 'av01') throw malformed('has no picture');
  const references = readReferences(boxes.get('iref'));
  for (const [item, type] of types) {
    const kind = references.get(item)?.kind;
    const isDue = item === primary ? kind === undefined : kind === (type === 'av01' ? 'auxl' : 'cdsc');
    if (!isDue || (item !== primary && references.get(item)?.to !== primary)) {
      throw malformed('has an item that does not belong to its picture');
    }
  }
  if (references.size !== types.size - 1) throw malformed('refers to an item that is not there');
  const items = readLocations(required(boxes, 'iloc'), types);
  return { ...readProperties(required(boxes, 'iprp'), types), items };
}

function required(boxes: ReadonlyMap<string, BoxReader>, type: string): BoxReader {
  const box = boxes.get(type);
  if (!box) throw malformed(`has no ${type}`);
  return box;
}

/** A picture, by nobody: the name of a handler is free text. */
function checkHandler(box: BoxReader): void {
  box.expectFullBox(0);
  box.expectZeros(4);
  if (box.text(4) !== 'pict') throw malformed('is no picture');
  box.expectZeros(12);
  box.expectZeros(box.left);
}

function readPrimary(box: BoxReader): number {
  box.expectFullBox(0);
  const item = box.uint(2);
  box.expectEnd();
  return item;
}

function readItemInfos(box: BoxReader): Types {
  box.expectFullBox(0);
  const count = box.uint(2);
  if (count > ITEMS_AT_MOST) throw carries('more than a picture and its alpha');
  const types: Types = new Map();
  for (const info of box.listOf('infe', count)) {
    const { version } = info.fullBox();
    if (version !== 2) throw malformed('has an item of an unknown kind');
    const item = info.uint(2);
    info.expectZeros(2);
    const type = info.text(4);
    if (type !== 'av01' && type !== 'Exif' && type !== 'mime') throw carries('an item that is no picture');
    // Its name is free text.
    if (type !== 'mime') info.expectZeros(info.left);
    types.set(item, type);
  }
  box.expectEnd();
  if (types.size !== count) throw malformed('has an item twice');
  return types;
}

/** Which item is there for which. */
function readReferences(box: BoxReader | undefined): Map<number, { kind: string; to: number }> {
  const references = new Map<number, { kind: string; to: number }>();
  if (!box) return references;
  box.expectFullBox(0);
  while (box.left > 0) {
    const [kind, reference] = box.box();
    const from = reference.uint(2);
    if (reference.uint(2) !== 1 || references.has(from)) throw malformed('has an item that belongs to two');
    references.set(from, { kind, to: reference.uint(2) });
    reference.expectEnd();
  }
  return references;
}

function readLocations(box: BoxReader, types: Types): AvifItem[] {
  box.expectFullBox(0);
  const sizes = box.uint(2);
  const offsetBytes = sizes >> 12;
  const lengthBytes = (sizes >> 8) & 0x0f;
  const baseBytes = (sizes >> 4) & 0x0f;
  if (![offsetBytes, lengthBytes, baseBytes].every((bytes) => bytes <= 4)) throw malformed('is too long');
  const count = box.uint(2);
  if (count !== types.size) throw malformed('does not say where its items are');
  const items = new Map<number, AvifItem>();
  for (let index = 0; index < count; index++) {
    const item = box.uint(2);
    const type = types.get(item);
    box.expectZeros(2);
    const base = box.uint(baseBytes);
    if (!type || box.uint(2) !== 1) throw malformed('has an item in pieces, or none');
    items.set(item, { type, offset: base + box.uint(offsetBytes), length: box.uint(lengthBytes) });
  }
  box.expectEnd();
  if (items.size !== count) throw malformed('does not say where its items are');
  return [...items.values()];
}

function readProperties(box: BoxReader, types: Types): { width: number; height: number } {
  const boxes = box.boxes(['ipco', 'ipma']);
  const properties = required(boxes, 'ipco');
  let size: { width: number; height: number } | undefined;
  let count = 0;
  for (; properties.left > 0; count++) {
    if (count === PROPERTIES_AT_MOST) throw malformed('has too many properties');
    const [type, property] = properties.box();
    const found = readProperty(type, property);
    if (found && size && (found.width !== size.width || found.height !== size.height)) {
      throw malformed('has pictures of several sizes');
    }
    size ??= found;
  }
  if (!size) throw malformed('does not say its size');
  checkAssociations(required(boxes, 'ipma'), types, count);
  return size;
}

function readProperty(type: string, box: BoxReader): { width: number; height: number } | undefined {
  switch (type) {
    case 'ispe': {
      box.expectFullBox(0);
      const size = { width: box.uint(4), height: box.uint(4) };
      box.expectEnd();
      return size;
    }
    case 'pixi': {
      box.expectFullBox(0);
      const channels = box.uint(1);
      for (let channel = 0; channel < channels; channel++) box.uint(1);
      break;
    }
    case 'av1C':
      // Beyond these four bytes it may have OBUs of its own.
      box.uint(4);
      break;
    case 'auxC':
      box.expectFullBox(0);
      if (!ALPHA_URNS.includes(box.text(box.left))) throw carries('a picture beside its alpha');
      break;
    case 'colr':
      if (box.text(4) !== 'nclx') throw carries('a colour profile');
      box.uint(6);
      box.uint(1);
      break;
    default:
      throw carries(`a property ${type.replace(/[^A-Za-z0-9]/g, '?')}`);
  }
  box.expectEnd();
  return undefined;
}

/** Which item has which properties, by their numbers from 1. */
function checkAssociations(box: BoxReader, types: Types, properties: number): void {
  box.expectFullBox(0);
  const count = box.uint(4);
  if (count > types.size) throw malformed('has properties of items that are not there');
  for (let index = 0; index < count; index++) {
    if (!types.has(box.uint(2))) throw malformed('has properties of items that are not there');
    const associations = box.uint(1);
    for (let each = 0; each < associations; each++) {
      // The highest bit says that it must be understood.
      const property = box.uint(1) & 0x7f;
      if (property < 1 || property > properties) throw malformed('has a property that is not there');
    }
  }
  box.expectEnd();
}
