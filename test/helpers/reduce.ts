import type { RawImage } from '../../testdata/paint.ts';

/** Lobes of the kernel on each side. */
const LOBES = 3;

/** A picture reduced by the Lanczos kernel, premultiplied where it has alpha: the textbook's way, in plain numbers, to hold libvips' against. */
export function reduced(image: RawImage, width: number, height: number): RawImage {
  const { channels } = image;
  const source = Float64Array.from(image.data);
  if (channels === 4) multiplyAlpha(source);
  const across = alongRows(source, image.width, image.height, width, channels);
  const down = transposed(
    alongRows(transposed(across, width, image.height, channels), image.height, width, height, channels),
    height,
    width,
    channels,
  );
  if (channels === 4) divideAlpha(down);
  return { data: new Uint8Array(Uint8ClampedArray.from(down).buffer), width, height, channels };
}

function alongRows(
  source: Float64Array,
  width: number,
  height: number,
  to: number,
  channels: number,
): Float64Array {
  const made = new Float64Array(to * height * channels);
  for (let x = 0; x < to; x++) {
    const taps = tapsOf(x, width, to);
    for (let y = 0; y < height; y++) {
      for (let channel = 0; channel < channels; channel++) {
        let sum = 0;
        for (const { at, weight } of taps)
          sum += weight * (source[(y * width + at) * channels + channel] ?? 0);
        made[(y * to + x) * channels + channel] = sum;
      }
    }
  }
  return made;
}

/** Which pixels of a row one pixel of the reduced row is made of. What would lie outside is the pixel at the edge. */
function tapsOf(x: number, from: number, to: number): { at: number; weight: number }[] {
  const scale = from / to;
  const centre = (x + 0.5) * scale - 0.5;
  const taps: { at: number; weight: number }[] = [];
  for (let at = Math.ceil(centre - LOBES * scale); at <= centre + LOBES * scale; at++) {
    taps.push({ at: Math.min(from - 1, Math.max(0, at)), weight: lanczos((at - centre) / scale) });
  }
  const total = taps.reduce((sum, { weight }) => sum + weight, 0);
  return taps.map(({ at, weight }) => ({ at, weight: weight / total }));
}

function lanczos(x: number): number {
  if (x === 0) return 1;
  if (Math.abs(x) >= LOBES) return 0;
  const turn = Math.PI * x;
  return (LOBES * Math.sin(turn) * Math.sin(turn / LOBES)) / turn ** 2;
}

function transposed(source: Float64Array, width: number, height: number, channels: number): Float64Array {
  const made = new Float64Array(source.length);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      for (let channel = 0; channel < channels; channel++)
        made[(x * height + y) * channels + channel] = source[(y * width + x) * channels + channel] ?? 0;
  return made;
}

function multiplyAlpha(data: Float64Array): void {
  for (let at = 0; at < data.length; at += 4) scaleColour(data, at, (data[at + 3] ?? 0) / 255);
}

function divideAlpha(data: Float64Array): void {
  for (let at = 0; at < data.length; at += 4) {
    const alpha = Math.min(255, Math.max(0, data[at + 3] ?? 0));
    scaleColour(data, at, alpha === 0 ? 0 : 255 / alpha);
  }
}

function scaleColour(data: Float64Array, at: number, by: number): void {
  for (let channel = at; channel < at + 3; channel++) data[channel] = (data[channel] ?? 0) * by;
}
