import type { MetadataKind } from '../../../shared/domain/description.ts';
import { checkExif } from './credit.ts';
import { type OutputReader, TAKEN_AT_MOST } from './output-reader.ts';
import { carries, carriesXmp, malformed, type Seen } from './verdict.ts';

// RFC 9649, section 2.7.1: the flags of VP8X.
const ANIMATION = 0x02;
const EXIF_FLAG = 0x08;
const ALPHA = 0x10;

/** RFC 9649, section 2.7.1.1: before the chunks of a frame. */
const FRAME_HEADER_BYTES = 16;
const CHUNK_HEADER_BYTES = 8;
/** Of VP8 (RFC 6386, section 9.1) and of VP8L (RFC 9649, section 3.4), as far as the size. */
const VP8_HEADER_BYTES = 10;
const VP8_START_CODE = 0x9d012a;
const VP8L_HEADER_BYTES = 5;
const VP8L_SIGNATURE = 0x2f;

/** libvips writes it as JPEG has it, the standard without. */
const EXIF_NAME = Buffer.from('Exif\0\0', 'latin1');

interface Chunk {
  type: string;
  length: number;
}

interface Size {
  width: number;
  height: number;
}

/**
 * A WebP of our encoders: a picture, or the frames of an animation, each with its alpha. What the compressed data say
 * is not looked at.
 * @throws {BadOutput}
 */
export async function verifyWebp(reader: OutputReader, mayHaveCredit: boolean): Promise<Seen> {
  const riff = await reader.take(12);
  const isWebp = riff.toString('latin1', 0, 4) === 'RIFF' && riff.toString('latin1', 8) === 'WEBP';
  if (!isWebp) throw malformed('does not begin as a WebP');
  if (riff.readUInt32LE(4) !== reader.left + 4) throw malformed('has another size than it says');

  const first = await nextChunk(reader);
  if (first.type !== 'VP8X') {
    const size = await pictureData(reader, first);
    return { ...size, frames: 1, kept: [] };
  }
  return readExtended(reader, first, mayHaveCredit);
}

async function readExtended(reader: OutputReader, vp8x: Chunk, mayHaveCredit: boolean): Promise<Seen> {
  if (vp8x.length !== 10) throw malformed('has a bad header');
  const header = await reader.take(10);
  const flags = header.readUInt32LE(0);
  const canvas = { width: header.readUIntLE(4, 3) + 1, height: header.readUIntLE(7, 3) + 1 };

  const frames = flags & ANIMATION ? await readFrames(reader, canvas) : await readStill(reader, canvas);
  let kept: readonly MetadataKind[] = [];
  while (reader.left > 0) {
    const chunk = await nextChunk(reader);
    if (chunk.type !== 'EXIF' || kept.length > 0) throw await undue(reader, chunk);
    kept = await readExif(reader, chunk.length, mayHaveCredit);
  }
  const due = (flags & (ANIMATION | ALPHA)) + (kept.length > 0 ? EXIF_FLAG : 0);
  if (flags !== due) throw malformed('has flags for what is not in it');
  return { ...canvas, frames, kept };
}

async function readStill(reader: OutputReader, canvas: Size): Promise<1> {
  const size = await picture(reader, await nextChunk(reader));
  if (!isSame(size, canvas)) throw malformed('has a picture of another size than its canvas');
  return 1;
}

/** @returns how many there are */
async function readFrames(reader: OutputReader, canvas: Size): Promise<number> {
  const anim = await nextChunk(reader);
  if (anim.type !== 'ANIM' || anim.length !== 6) throw malformed('has a bad animation header');
  await reader.pass(6);
  for (let frames = 0; ; frames++) {
    if (reader.left === 0) return frames;
    const chunk = await nextChunk(reader);
    if (chunk.type !== 'ANMF') {
      reader.giveBack(CHUNK_HEADER_BYTES);
      return frames;
    }
    await readFrame(reader, chunk.length, canvas);
  }
}

async function readFrame(reader: OutputReader, length: number, canvas: Size): Promise<void> {
  const end = reader.left - length;
  const header = await reader.take(FRAME_HEADER_BYTES);
  // Where a frame stands is told in steps of two pixels.
  const left = 2 * header.readUIntLE(0, 3);
  const top = 2 * header.readUIntLE(3, 3);
  const said = { width: header.readUIntLE(6, 3) + 1, height: header.readUIntLE(9, 3) + 1 };
  if (left + said.width > canvas.width || top + said.height > canvas.height) {
    throw malformed('has a frame outside its canvas');
  }
  const size = await picture(reader, await nextChunk(reader));
  if (!isSame(size, said)) throw malformed('has a frame of another size than it says');
  if (reader.left !== end) throw carries('something behind the picture of a frame');
}

/** A picture in VP8 with or without alpha before it, or in VP8L, which has its own. */
async function picture(reader: OutputReader, chunk: Chunk): Promise<Size> {
  if (chunk.type !== 'ALPH') return pictureData(reader, chunk);
  await passPadded(reader, chunk.length);
  return pictureData(reader, await nextChunk(reader));
}

async function pictureData(reader: OutputReader, chunk: Chunk): Promise<Size> {
  if (chunk.type === 'VP8 ') return lossy(reader, chunk.length);
  if (chunk.type === 'VP8L') return lossless(reader, chunk.length);
  throw await undue(reader, chunk);
}

async function lossy(reader: OutputReader, length: number): Promise<Size> {
  const header = await reader.take(VP8_HEADER_BYTES);
  const isKeyFrame = (header.readUInt8(0) & 1) === 0;
  if (!isKeyFrame || header.readUIntBE(3, 3) !== VP8_START_CODE) throw malformed('has bad picture data');
  const size = { width: header.readUInt16LE(6) & 0x3fff, height: header.readUInt16LE(8) & 0x3fff };
  await passRest(reader, length, VP8_HEADER_BYTES);
  return size;
}

async function lossless(reader: OutputReader, length: number): Promise<Size> {
  const header = await reader.take(VP8L_HEADER_BYTES);
  if (header.readUInt8(0) !== VP8L_SIGNATURE) throw malformed('has bad picture data');
  const sizes = header.readUInt32LE(1);
  await passRest(reader, length, VP8L_HEADER_BYTES);
  return { width: (sizes & 0x3fff) + 1, height: ((sizes >>> 14) & 0x3fff) + 1 };
}

async function readExif(
  reader: OutputReader,
  length: number,
  mayHaveCredit: boolean,
): Promise<MetadataKind[]> {
  const data = await reader.take(Math.min(length, TAKEN_AT_MOST));
  const isNamed = data.subarray(0, EXIF_NAME.length).equals(EXIF_NAME);
  const kept = checkExif(isNamed ? data.subarray(EXIF_NAME.length) : data, mayHaveCredit);
  await passPadding(reader, length);
  return kept;
}

async function undue(reader: OutputReader, { type, length }: Chunk): Promise<Error> {
  switch (type) {
    case 'EXIF':
      // It is too much in any case; which of its tags is told first does not matter.
      await readExif(reader, length, false);
      return carries('EXIF');
    case 'XMP ':
      return carriesXmp(await reader.take(Math.min(length, TAKEN_AT_MOST)));
    case 'ICCP':
      return carries('a colour profile');
    default:
      return carries(`a chunk ${type.replace(/[^A-Za-z0-9]/g, '?')}`);
  }
}

async function nextChunk(reader: OutputReader): Promise<Chunk> {
  const header = await reader.take(CHUNK_HEADER_BYTES);
  const length = header.readUInt32LE(4);
  return { type: header.toString('latin1', 0, 4), length };
}

/** A chunk is padded to an even length by a zero: RFC 9649, section 2.3. */
async function passPadding(reader: OutputReader, length: number): Promise<void> {
  if (length % 2 === 1 && (await reader.take(1))[0] !== 0) throw carries('something in its padding');
}

async function passPadded(reader: OutputReader, length: number): Promise<void> {
  await reader.pass(length);
  await passPadding(reader, length);
}

async function passRest(reader: OutputReader, length: number, taken: number): Promise<void> {
  if (length < taken) throw malformed('has too little picture data');
  await reader.pass(length - taken);
  await passPadding(reader, length);
}

const isSame = (one: Size, other: Size): boolean => one.width === other.width && one.height === other.height;
