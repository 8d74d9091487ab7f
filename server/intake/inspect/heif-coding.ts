import { type Box, boxes, fourCharacters } from './iso-boxes.ts';
import type { WindowReader } from './window-reader.ts';

/** An item that is made of others: a phone's grid of tiles, an overlay, or a turned copy (ISO/IEC 23008-12, section 6.6.2). */
const DERIVED = new Set(['grid', 'iovl', 'iden']);
/** A turned copy of a grid of coded tiles. Each is a walk over the lists of items and of references. */
const DERIVATIONS_AT_MOST = 2;

/**
 * The type of the item that is coded, where `item` is or is made of it: `hvc1`, `av01`. Of several parts the first counts: a
 * file that mixes codings goes to the decoder of one, which refuses the others. Undefined where the file does not say.
 */
export async function codingOf(
  reader: WindowReader,
  item: number,
  { iinf, iref }: { iinf: Box | undefined; iref: Box | undefined },
): Promise<string | undefined> {
  let coded: number | undefined = item;
  for (let derivations = 0; iinf && coded !== undefined; derivations += 1) {
    const type = await readItemType(reader, iinf, coded);
    if (type === undefined || !DERIVED.has(type)) return type;
    if (derivations === DERIVATIONS_AT_MOST) return undefined;
    coded = iref && (await readFirstPart(reader, iref, coded));
  }
  return undefined;
}

/** `infe` gives the type of an item from version 2 on, which HEIF asks for: ISO/IEC 14496-12, section 8.11.6. */
async function readItemType(reader: WindowReader, iinf: Box, item: number): Promise<string | undefined> {
  const version = (await reader.view(iinf.start, 1))?.getUint8(0);
  const countBytes = version === 0 ? 2 : 4;
  for await (const box of boxes(reader, iinf.start + 4 + countBytes, iinf.end)) {
    if (box.type !== 'infe') continue;
    const head = reader.peek(box.start, 4) ?? (await reader.view(box.start, 4));
    const idBytes = head?.getUint8(0) === 2 ? 2 : 4;
    const length = 4 + idBytes + 2 + 4;
    if (box.start + length > box.end) continue;
    const view = reader.peek(box.start, length) ?? (await reader.view(box.start, length));
    if (view && idAt(view, 4, idBytes) === item) return fourCharacters(view, 4 + idBytes + 2);
  }
  return undefined;
}

/** `dimg` names the parts of an item in their order: ISO/IEC 14496-12, section 8.11.12. */
async function readFirstPart(reader: WindowReader, iref: Box, item: number): Promise<number | undefined> {
  const version = (await reader.view(iref.start, 1))?.getUint8(0);
  const idBytes = version === 0 ? 2 : 4;
  const length = idBytes + 2 + idBytes;
  for await (const box of boxes(reader, iref.start + 4, iref.end)) {
    if (box.type !== 'dimg' || box.start + length > box.end) continue;
    const view = reader.peek(box.start, length) ?? (await reader.view(box.start, length));
    const hasParts = view && view.getUint16(idBytes) > 0;
    if (hasParts && idAt(view, 0, idBytes) === item) return idAt(view, idBytes + 2, idBytes);
  }
  return undefined;
}

function idAt(view: DataView, at: number, bytes: 2 | 4): number {
  return bytes === 2 ? view.getUint16(at) : view.getUint32(at);
}
