import type { WindowReader } from './window-reader.ts';

/** A box of the ISO base media file format (ISO/IEC 14496-12, section 4.2); `start` is behind its header. */
export interface Box {
  type: string;
  start: number;
  end: number;
}

/**
 * The longest list that any box can need: properties are numbered in 15 bits (ISO/IEC 23008-12, section 9.3.2).
 * It is far above what libheif takes, so nothing that it decodes is missed.
 */
const BOXES_IN_A_LIST_AT_MOST = 2 ** 15 - 1;

/** The boxes from `start` to `end`. The list stops before one that is malformed or that would not fit. */
export async function* boxes(reader: WindowReader, start: number, end: number): AsyncGenerator<Box> {
  let offset = start;
  for (let count = 0; count < BOXES_IN_A_LIST_AT_MOST && offset + 8 <= end; count += 1) {
    const header = reader.peek(offset, 8) ?? (await reader.view(offset, 8));
    if (header === undefined) return;
    const size = await boxSize(reader, header, offset, end);
    const headerBytes = header.getUint32(0) === 1 ? 16 : 8;
    // Every box moves the walk on by its header at least: no size can make it stand still.
    if (size < headerBytes || offset + size > end) return;
    yield { type: fourCharacters(header, 4), start: offset + headerBytes, end: offset + size };
    offset += size;
  }
}

/** The first box of a type inside another, behind the `skip` bytes that the outer one has before its children. */
export async function findBox(
  reader: WindowReader,
  outer: Box,
  type: string,
  skip: number,
): Promise<Box | undefined> {
  for await (const box of boxes(reader, outer.start + skip, outer.end)) {
    if (box.type === type) return box;
  }
  return undefined;
}

/** The first box of each type inside another, as `findBox`, in one walk. */
export async function findBoxes<Type extends string>(
  reader: WindowReader,
  outer: Box,
  types: readonly Type[],
  skip: number,
): Promise<Partial<Record<Type, Box>>> {
  const found: Partial<Record<string, Box>> = {};
  for await (const box of boxes(reader, outer.start + skip, outer.end)) {
    if (types.some((type) => type === box.type)) found[box.type] ??= box;
    if (types.every((type) => found[type])) break;
  }
  return found as Partial<Record<Type, Box>>;
}

/** Zero means "to the end", one means that 64 bits follow. */
async function boxSize(reader: WindowReader, header: DataView, offset: number, end: number) {
  const size = header.getUint32(0);
  if (size === 0) return end - offset;
  if (size !== 1) return size;
  const large = await reader.view(offset + 8, 8);
  return large === undefined ? 0 : Number(large.getBigUint64(0));
}

export function fourCharacters(view: DataView, at: number): string {
  return String.fromCharCode(...[0, 1, 2, 3].map((index) => view.getUint8(at + index)));
}
