import type { Raster } from '../raster.ts';

/** Baseline tags of TIFF 6.0, and the ICC profile's (Adobe's TIFF Technical Notes, InterColorProfile). */
const TAG = {
  imageWidth: 256,
  imageLength: 257,
  bitsPerSample: 258,
  compression: 259,
  photometric: 262,
  stripOffsets: 273,
  samplesPerPixel: 277,
  rowsPerStrip: 278,
  stripByteCounts: 279,
  extraSamples: 338,
  profile: 34675,
} as const;

const SHORT = 3;
const LONG = 4;
const UNDEFINED = 7;
const RGB = 2;
const UNCOMPRESSED = 1;
const UNASSOCIATED_ALPHA = 2;
const HEADER_BYTES = 8;
const ENTRY_BYTES = 12;

/** Value, or the offset of what does not fit into four bytes, by tag. */
type Entry = readonly [tag: number, type: number, count: number, value: number];

/**
 * The raster as an uncompressed TIFF that says what its colours mean: raw pixels can be given to sharp, but not with a profile.
 * One strip, little-endian; sections 2 to 8 and 18 of TIFF 6.0.
 */
export function iccTiff({ width, height, channels, pixels }: Raster, profile: Uint8Array): Buffer {
  const bits = Buffer.alloc(2 * channels);
  for (let channel = 0; channel < channels; channel++) bits.writeUInt16LE(8, 2 * channel);
  const pixelsAt = HEADER_BYTES;
  const bitsAt = pixelsAt + pixels.length + (pixels.length % 2);
  const profileAt = bitsAt + bits.length;
  const directoryAt = profileAt + profile.length + (profile.length % 2);
  const entries: Entry[] = [
    [TAG.imageWidth, LONG, 1, width],
    [TAG.imageLength, LONG, 1, height],
    [TAG.bitsPerSample, SHORT, channels, bitsAt],
    [TAG.compression, SHORT, 1, UNCOMPRESSED],
    [TAG.photometric, SHORT, 1, RGB],
    [TAG.stripOffsets, LONG, 1, pixelsAt],
    [TAG.samplesPerPixel, SHORT, 1, channels],
    [TAG.rowsPerStrip, LONG, 1, height],
    [TAG.stripByteCounts, LONG, 1, pixels.length],
    ...(channels === 4 ? [[TAG.extraSamples, SHORT, 1, UNASSOCIATED_ALPHA] as const] : []),
    [TAG.profile, UNDEFINED, profile.length, profileAt],
  ];

  const header = Buffer.from('II*\0\0\0\0\0', 'latin1');
  header.writeUInt32LE(directoryAt, 4);
  const padding = (bytes: Uint8Array) => Buffer.alloc(bytes.length % 2);
  return Buffer.concat([
    header,
    pixels,
    padding(pixels),
    bits,
    profile,
    padding(profile),
    directory(entries),
  ]);
}

/** Small values stand at the lower end of their four bytes, so a SHORT can be written as a LONG. */
function directory(entries: readonly Entry[]): Buffer {
  const bytes = Buffer.alloc(2 + entries.length * ENTRY_BYTES + 4);
  bytes.writeUInt16LE(entries.length, 0);
  for (const [index, [tag, type, count, value]] of entries.entries()) {
    const at = 2 + index * ENTRY_BYTES;
    bytes.writeUInt16LE(tag, at);
    bytes.writeUInt16LE(type, at + 2);
    bytes.writeUInt32LE(count, at + 4);
    bytes.writeUInt32LE(value, at + 8);
  }
  return bytes;
}
