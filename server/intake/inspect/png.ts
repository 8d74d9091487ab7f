import { damaged, type Inspection, image } from './inspection.ts';
import type { WindowReader } from './window-reader.ts';

const SIGNATURE_BYTES = 8;
/** Length, type and CRC around the data of a chunk: PNG 3rd edition, section 5.3. */
const CHUNK_OVERHEAD = 12;
const IHDR_BYTES = 13;
const ACTL_BYTES = 8;
/** No number of four bytes may pass it: section 7.1. */
const LARGEST_NUMBER = 2 ** 31 - 1;

const IHDR = 0x49484452;
const IDAT = 0x49444154;
const IEND = 0x49454e44;
const ACTL = 0x6163544c;

/** The bit depths of each colour type: section 11.2.1. */
const BIT_DEPTHS: Partial<Record<number, readonly number[]>> = {
  0: [1, 2, 4, 8, 16],
  2: [8, 16],
  3: [1, 2, 4, 8],
  4: [8, 16],
  6: [8, 16],
};

/** As they are decoded, a palette with its alpha. */
const CHANNELS: Partial<Record<number, number>> = { 0: 1, 2: 3, 3: 4, 4: 2, 6: 4 };

export async function readPng(reader: WindowReader): Promise<Inspection> {
  const first = await reader.view(SIGNATURE_BYTES, 8 + IHDR_BYTES);
  if (first === undefined) return damaged('png', 'it ends within its header');
  if (first.getUint32(4) !== IHDR || first.getUint32(0) !== IHDR_BYTES) {
    return damaged('png', 'it does not begin with a header chunk');
  }

  const width = first.getUint32(8);
  const height = first.getUint32(12);
  if (width > LARGEST_NUMBER || height > LARGEST_NUMBER) {
    return damaged('png', 'its width or height is impossible');
  }
  // The CRC is left to the decoder: an attacker gets it right, and libvips can be told to pass over it.
  if (!BIT_DEPTHS[first.getUint8(17)]?.includes(first.getUint8(16))) {
    return damaged('png', 'its colour type and bit depth do not go together');
  }

  const colourType = first.getUint8(17);
  const frames = await countFrames(reader);
  if (frames === undefined) return damaged('png', 'it ends before its picture data');
  const isInterlaced = first.getUint8(20) !== 0;
  return image(
    { format: 'png', width, height, frames },
    isInterlaced ? (CHANNELS[colourType] ?? 4) * Math.ceil(first.getUint8(16) / 8) : 0,
  );
}

/** APNG declares its frames in acTL, which has to come before IDAT (section 11.3.6.1). Undefined: no IDAT. */
async function countFrames(reader: WindowReader): Promise<number | undefined> {
  let frames = 1;
  let offset = SIGNATURE_BYTES + CHUNK_OVERHEAD + IHDR_BYTES;
  for (;;) {
    const chunk = reader.peek(offset, 8) ?? (await reader.view(offset, 8));
    if (chunk === undefined || chunk.getUint32(4) === IEND) return undefined;
    if (chunk.getUint32(4) === IDAT) return frames;

    const length = chunk.getUint32(0);
    if (chunk.getUint32(4) === ACTL && length === ACTL_BYTES) {
      const numFrames = await reader.view(offset + 8, 4);
      frames = Math.max(1, numFrames?.getUint32(0) ?? 1);
    }
    offset += CHUNK_OVERHEAD + length;
  }
}
