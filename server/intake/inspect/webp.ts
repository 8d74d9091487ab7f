import { damaged, FRAMES_COUNTED_AT_MOST, type Inspection, image } from './inspection.ts';
import type { WindowReader } from './window-reader.ts';

// RFC 9649: section 2.3 for RIFF chunks, 2.4 for the file header, 2.7 for the extended format.
const RIFF_HEADER_BYTES = 12;
const CHUNK_HEADER_BYTES = 8;
const FIRST_DATA = RIFF_HEADER_BYTES + CHUNK_HEADER_BYTES;
const VP8X_BYTES = 10;
const ANIMATION_FLAG = 0x02;

/** libwebp holds all pixels of a lossless picture; of a lossy one some rows. */
const LOSSLESS_BYTES = 4;

const VP8 = 0x56503820;
const VP8L = 0x5650384c;
const VP8X = 0x56503858;
const ANMF = 0x414e4d46;

/** RFC 6386, section 9.1. */
const VP8_START_CODE = 0x9d012a;
/** RFC 9649, section 3.4. */
const VP8L_SIGNATURE = 0x2f;

const CUT = damaged('webp', 'it ends within its header');

export async function readWebp(reader: WindowReader): Promise<Inspection> {
  const chunk = await reader.view(RIFF_HEADER_BYTES, CHUNK_HEADER_BYTES);
  switch (chunk?.getUint32(0)) {
    case undefined:
      return CUT;
    case VP8:
      return readLossy(await reader.view(FIRST_DATA, 10));
    case VP8L:
      return readLossless(await reader.view(FIRST_DATA, 5));
    case VP8X:
      return readExtended(reader, chunk?.getUint32(4, true) ?? 0);
    default:
      return damaged('webp', 'it does not begin with picture data');
  }
}

function readLossy(data: DataView | undefined): Inspection {
  if (data === undefined) return CUT;
  const isKeyFrame = (data.getUint8(0) & 1) === 0;
  const startCode = data.getUint32(2) & 0xffffff;
  if (!isKeyFrame || startCode !== VP8_START_CODE) {
    return damaged('webp', 'its picture data does not begin with a key frame');
  }
  // The upper two bits of each are a scale for display, which decoders leave alone.
  const width = data.getUint16(6, true) & 0x3fff;
  return image({ format: 'webp', width, height: data.getUint16(8, true) & 0x3fff, frames: 1 });
}

function readLossless(data: DataView | undefined): Inspection {
  if (data === undefined) return CUT;
  if (data.getUint8(0) !== VP8L_SIGNATURE) return damaged('webp', 'its picture data has no signature');
  const sizes = data.getUint32(1, true);
  const [width, height] = [(sizes & 0x3fff) + 1, ((sizes >>> 14) & 0x3fff) + 1];
  return image({ format: 'webp', width, height, frames: 1 }, LOSSLESS_BYTES);
}

/** The canvas bounds every frame: libwebp refuses one that differs from it (still) or leaves it (animated). */
async function readExtended(reader: WindowReader, length: number): Promise<Inspection> {
  const data = await reader.view(FIRST_DATA, VP8X_BYTES);
  if (data === undefined || length < VP8X_BYTES) return CUT;

  const width = (data.getUint32(4, true) & 0xffffff) + 1;
  const height = (data.getUint32(6, true) >>> 8) + 1;
  // What is in it may be lossless.
  if ((data.getUint8(0) & ANIMATION_FLAG) === 0) {
    return image({ format: 'webp', width, height, frames: 1 }, LOSSLESS_BYTES);
  }

  const frames = await countFrames(reader, FIRST_DATA + padded(length));
  if (frames === 0) return damaged('webp', 'it is an animation without frames');
  return image({ format: 'webp', width, height, frames }, LOSSLESS_BYTES);
}

async function countFrames(reader: WindowReader, from: number): Promise<number> {
  let frames = 0;
  let offset = from;
  while (frames < FRAMES_COUNTED_AT_MOST) {
    const chunk = reader.peek(offset, CHUNK_HEADER_BYTES) ?? (await reader.view(offset, CHUNK_HEADER_BYTES));
    if (chunk === undefined) break;
    if (chunk.getUint32(0) === ANMF) frames += 1;
    offset += CHUNK_HEADER_BYTES + padded(chunk.getUint32(4, true));
  }
  return frames;
}

/** Chunks are padded to an even length: RFC 9649, section 2.3. */
function padded(length: number): number {
  return length + (length % 2);
}
