import type { ImageHeader, InputFormat, OutputFormat } from './image.ts';
import type { Preset, VariantSpec } from './preset.ts';

const MIB = 1024 * 1024;

/** What a run takes whatever its picture is. */
const ANY_RUN_BYTES = 32 * MIB;

/** What decoding takes for each pixel of the source, as measured with pictures of 50 MP, and rounded up; bytes. */
const DECODING: Record<InputFormat, number> = {
  jpeg: 0.5,
  png: 2.5,
  webp: 0.5,
  avif: 25,
  heic: 16,
  gif: 5,
  tiff: 2.5,
};

/** What a decoder may have to hold whole of a file of which that is not known; bytes a pixel. */
const HELD_AT_MOST: Record<InputFormat, number> = {
  jpeg: 8,
  png: 8,
  webp: 4,
  avif: 0,
  heic: 0,
  gif: 0,
  tiff: 8,
};

/** For each pixel that is decoded: the pixels themselves, and a copy of them; then each encoder as it works on them; bytes. */
const RESIZED = 8;
const ENCODING: Record<OutputFormat, number> = { jpeg: 6, webp: 6, avif: 24, png: 4 };

/** Of an animation the frame before is held, too. */
const ANIMATED = 8;

/** Those whose animations are decoded; of the others it is the first frame. */
const CAN_BE_ANIMATED = new Set<InputFormat>(['gif', 'webp']);

/** How many frames of a picture are decoded. */
export const decodedFrames = ({ format, frames }: ImageHeader, animated: boolean): number =>
  animated && CAN_BE_ANIMATED.has(format) ? frames : 1;

/**
 * The most memory that a run takes beside what an idle worker has, in bytes; an estimate, from what the header says.
 * @param heldBytesPerPixel what a decoder has to hold whole, because of how the file is made; null: not known
 */
export function runMemoryBytes(
  header: ImageHeader,
  preset: Pick<Preset, 'sizes' | 'outputs' | 'animated'>,
  heldBytesPerPixel: number | null,
): number {
  const { format, width, height } = header;
  const frames = decodedFrames(header, preset.animated);
  const pixels = width * height * frames;
  const resized = Math.max(...preset.sizes.map((size) => decodedShare(header, size))) * pixels;
  const encoding = preset.outputs.reduce((sum, output) => sum + ENCODING[output.format], RESIZED);
  const decoding =
    DECODING[format] + (heldBytesPerPixel ?? HELD_AT_MOST[format]) + (frames > 1 ? ANIMATED : 0);
  return Math.ceil(ANY_RUN_BYTES + pixels * decoding + resized * encoding);
}

/** What share of all pixels is decoded for a size: of a panorama of which `cover` keeps the middle, much that is not seen. */
function decodedShare(picture: ImageHeader, { width, height, fit }: VariantSpec): number {
  const [across, down] = [width / picture.width, height / picture.height];
  const scale = fit === 'inside' ? Math.min(across, down) : Math.max(across, down);
  return Math.min(1, scale) ** 2;
}
