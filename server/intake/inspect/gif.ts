import { damaged, FRAMES_COUNTED_AT_MOST, type Inspection, image } from './inspection.ts';
import type { WindowReader } from './window-reader.ts';

// GIF89a specification: sections 17 and 18 for the header, 20 for an image, 23 to 26 for extensions.
const HEADER_BYTES = 13;
const IMAGE_DESCRIPTOR_BYTES = 10;
const IMAGE_SEPARATOR = 0x2c;
const EXTENSION_INTRODUCER = 0x21;
const COMMENT_LABEL = 0xfe;
/** Images and extensions together: an animation has one or two extensions for each frame. */
const BLOCKS_AT_MOST = 2 ** 16;

/**
 * The size is the logical screen, grown to hold the first frame, as libnsgif (in libvips) grows it.
 * libnsgif takes some screens for mistakes (640x480, or above 2048) and uses the first frame alone: so this is
 * what a decoder needs at most, and may be more than the decoded picture.
 */
export async function readGif(reader: WindowReader): Promise<Inspection> {
  const header = await reader.view(0, HEADER_BYTES);
  if (header === undefined) return damaged('gif', 'it ends within its header');
  let width = header.getUint16(6, true);
  let height = header.getUint16(8, true);

  let frames = 0;
  let offset = HEADER_BYTES + colourTableBytes(header.getUint8(10));
  for (let blocks = 0; blocks < BLOCKS_AT_MOST && frames < FRAMES_COUNTED_AT_MOST; blocks += 1) {
    const block = reader.peek(offset, 3) ?? (await reader.view(offset, 3));
    if (block?.getUint8(0) === EXTENSION_INTRODUCER) {
      offset = await skipSubBlocks(reader, extensionData(offset, block));
      continue;
    }
    // The trailer, the end of the file or junk: what came before it is shown by decoders.
    if (block?.getUint8(0) !== IMAGE_SEPARATOR) break;

    const descriptor = await reader.view(offset, IMAGE_DESCRIPTOR_BYTES);
    if (descriptor === undefined) break;
    if (frames === 0) {
      width = Math.max(width, descriptor.getUint16(1, true) + descriptor.getUint16(5, true));
      height = Math.max(height, descriptor.getUint16(3, true) + descriptor.getUint16(7, true));
    }
    frames += 1;
    const minimumCodeSize = offset + IMAGE_DESCRIPTOR_BYTES + colourTableBytes(descriptor.getUint8(9));
    offset = await skipSubBlocks(reader, minimumCodeSize + 1);
  }

  if (frames === 0) return damaged('gif', 'it holds no picture');
  return image({ format: 'gif', width, height, frames });
}

function colourTableBytes(flags: number): number {
  return (flags & 0x80) === 0 ? 0 : 3 * 2 ** ((flags & 0x07) + 1);
}

/**
 * But for comments, the first block of an extension has a fixed size. libnsgif steps over it even where the size
 * is zero; ending there instead would show an attacker's other first frame to this code than to the decoder.
 */
function extensionData(offset: number, block: DataView): number {
  const isComment = block.getUint8(1) === COMMENT_LABEL;
  return isComment ? offset + 2 : offset + 3 + block.getUint8(2);
}

/** The offset behind the block of length zero that ends a chain (section 16), or the size of the file. */
async function skipSubBlocks(reader: WindowReader, from: number): Promise<number> {
  let offset = from;
  for (;;) {
    const length = reader.peekByte(offset) ?? (await reader.view(offset, 1))?.getUint8(0);
    if (length === undefined) return reader.size;
    offset += 1 + length;
    if (length === 0) return offset;
  }
}
