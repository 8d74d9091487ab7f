import { BitWriter } from './bit-writer.ts';
import type { RawImage } from './paint.ts';
import { toYCbCr, type YCbCr } from './ycbcr.ts';

/** An HEVC picture as HEIF keeps it: the record of the `hvcC` box, and the data of the item. */
export interface HevcPicture {
  configuration: Buffer;
  data: Buffer;
}

/** NAL unit types: ITU-T H.265, table 7-1. */
const IDR_N_LP = 20;
const VPS = 32;
const SPS = 33;
const PPS = 34;

/** Side of the coding tree units, which are the coding units as well. */
const UNIT = 16;

/** Main Still Picture, level 3: profile, the profiles that it is compatible with, constraints, level (H.265, 7.3.3). */
const PROFILE = Buffer.from([3, 0x70, 0, 0, 0, 0xb0, 0, 0, 0, 0, 0, 90]);

/**
 * A picture in HEVC without compression: there is no free encoder in npm, and none is needed to have files. Each coding
 * unit is PCM, that is its samples as they are, so that nothing is predicted, transformed or filtered, and all of
 * HEVC's arithmetic coding comes down to two bytes before each unit.
 * @param image RGB; its size must be even
 */
export function hevcPcm(image: RawImage): HevcPicture {
  const sets = [
    unit(VPS, videoParameters()),
    unit(SPS, sequenceParameters(image)),
    unit(PPS, pictureParameters()),
  ];
  const slice = unit(IDR_N_LP, Buffer.concat([sliceHeader(), sliceData(toYCbCr(image, UNIT))]));
  return { configuration: configurationRecord(sets), data: Buffer.concat([u32(slice.length), slice]) };
}

function videoParameters(): Buffer {
  const bits = new BitWriter().u(4, 0).flags(1, 1).u(6, 0).u(3, 0).flags(1).u(16, 0xffff).bytes(PROFILE);
  return bits.flags(1).ue(0, 0, 0).u(6, 0).ue(0).flags(0, 0).aligned();
}

/** H.265, 7.3.2.2. */
function sequenceParameters({ width, height }: RawImage): Buffer {
  const bits = new BitWriter().u(4, 0).u(3, 0).flags(1).bytes(PROFILE).ue(0);
  const [right, bottom] = [-width & (UNIT - 1), -height & (UNIT - 1)];
  // 4:2:0, and a conformance window that is counted in samples of chroma.
  bits
    .ue(1, width + right, height + bottom)
    .flags(1)
    .ue(0, right / 2, 0, bottom / 2);
  bits.ue(0, 0, 0).flags(1).ue(0, 0, 0);
  // Coding units of 16 and no others; transforms of 4 to 16, none of which is used.
  bits.ue(1, 0, 0, 2, 0, 0).flags(0, 0, 0);
  // PCM of 8 bits in units of 16, which no filter touches.
  bits.flags(1).u(4, 7).u(4, 7).ue(1, 0).flags(1);
  bits.ue(0).flags(0, 0, 0);
  // Full range and the matrix of BT.601, by which colours are told as iPhones do; the rest of annex E is left out.
  bits.flags(1).flags(0, 0, 1).u(3, 5).flags(1, 1).u(8, 2).u(8, 2).u(8, 6).flags(0, 0, 0, 0, 0, 0, 0);
  return bits.flags(0).aligned();
}

/** H.265, 7.3.2.3: all is off, the deblocking filter by name. */
function pictureParameters(): Buffer {
  const bits = new BitWriter().ue(0, 0).flags(0, 0).u(3, 0).flags(0, 0).ue(0, 0, 0).flags(0, 0, 0).ue(0, 0);
  return bits.flags(0, 0, 0, 0, 0, 0, 0, 1, 0, 1, 0, 0).ue(0).flags(0, 0).aligned();
}

/** H.265, 7.3.6.1: the first slice, of type I, at the initial quantizer. */
const sliceHeader = (): Buffer => new BitWriter().flags(1, 0).ue(0, 2, 0).aligned();

/**
 * The range of the less probable symbol for each state of a context, where the current range is in its highest quarter:
 * H.265, table 9-52, column 3.
 */
const LPS_RANGE = [
  240, 227, 216, 205, 195, 185, 175, 166, 158, 150, 142, 135, 128, 122, 116, 110, 104, 99, 94, 89, 85, 80, 76,
  72, 69, 65, 62, 59, 56, 53, 50, 48, 45, 43, 41, 39, 37, 35, 33, 31, 30, 28, 27, 25, 24, 23, 22, 21, 20, 19,
  18, 17, 16, 15, 14, 14, 13, 12, 12, 11, 11, 10, 9,
];

/** What the arithmetic coder starts at, and starts again at behind the samples of each unit: H.265, 9.3.2.5. */
const FULL_RANGE = 510;
/** What a terminating bin takes off the range: H.265, 9.3.4.3.5. */
const TERMINATING = 2;

/**
 * Three bins stand before the samples of a unit: that the slice has not ended, which is left out before the first;
 * `part_mode`, always the more probable symbol of its context; and `pcm_flag`, a terminating bin that is set, which
 * flushes the coder. The more probable symbol and a terminating bin that is not set only make the range smaller, so
 * the nine bits that are flushed follow from the range alone.
 */
function sliceData(picture: YCbCr): Buffer {
  const units: Uint8Array[] = [];
  let range = FULL_RANGE;
  // The context begins in state 0 at the initial quantizer (value 184 of table 9-11), and goes up to state 62.
  let state = 0;
  for (let top = 0; top < picture.height; top += UNIT) {
    for (let left = 0; left < picture.width; left += UNIT) {
      units.push(flushed(range - (LPS_RANGE[state] ?? 0)), ...samplesOf(picture, left, top));
      state = Math.min(state + 1, LPS_RANGE.length - 1);
      range = FULL_RANGE - TERMINATING;
    }
  }
  return Buffer.concat([...units, flushed(FULL_RANGE)]);
}

/** What a set terminating bin leaves: nine bits, of which the last is one, and zeros up to the next byte. */
function flushed(range: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(((range - TERMINATING) | 1) << 7);
  return bytes;
}

function* samplesOf({ width, planes }: YCbCr, left: number, top: number): Generator<Uint8Array> {
  for (const [index, plane] of planes.entries()) {
    const half = index === 0 ? 1 : 2;
    const side = UNIT / half;
    for (let row = 0; row < side; row++) {
      const from = ((top / half + row) * width) / half + left / half;
      yield plane.subarray(from, from + side);
    }
  }
}

/** The header of a NAL unit, and its payload with no start code in it: H.265, 7.3.1.1. */
function unit(type: number, payload: Buffer): Buffer {
  const bytes = [type << 1, 1];
  let zeros = 0;
  for (const byte of payload) {
    if (zeros === 2 && byte <= 3) {
      bytes.push(3);
      zeros = 0;
    }
    bytes.push(byte);
    zeros = byte === 0 ? zeros + 1 : 0;
  }
  return Buffer.from(bytes);
}

/** `HEVCDecoderConfigurationRecord`: ISO/IEC 14496-15, 8.3.3.1. 4:2:0 of 8 bits, lengths of four bytes. */
function configurationRecord(sets: readonly Buffer[]): Buffer {
  const head = Buffer.from([1, ...PROFILE, 0xf0, 0, 0xfc, 0xfd, 0xf8, 0xf8, 0, 0, 0x0f, sets.length]);
  const arrays = sets.map((set) => {
    const type = set.readUInt8(0) >> 1;
    return Buffer.concat([Buffer.from([0x80 | type, 0, 1, set.length >> 8, set.length & 0xff]), set]);
  });
  return Buffer.concat([head, ...arrays]);
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
