import type { Size } from '../geometry.ts';
import type { Raster } from '../raster.ts';

/** One value a pixel, from 0 (black) to 255. */
export interface Plane extends Size {
  values: Uint8Array;
}

/** Rec. 709's weights of red, green and blue, in 256ths. */
const RED = 54;
const GREEN = 183;
const BLUE = 19;

const WHITE = 255;

export const lumaOfColour = (red: number, green: number, blue: number): number =>
  (RED * red + GREEN * green + BLUE * blue + 128) >> 8;

/** The luma of a still picture, over white where it shows through: so a cut-out looks like its JPEG. */
export function lumaOf({ width, height, channels, pixels }: Raster): Plane {
  const values = new Uint8Array(width * height);
  for (let to = 0, from = 0; to < values.length; to++, from += channels) {
    values[to] = lumaOfColour(pixels[from] ?? 0, pixels[from + 1] ?? 0, pixels[from + 2] ?? 0);
  }
  if (channels === 4) {
    for (let at = 0; at < values.length; at++) {
      const alpha = pixels[at * 4 + 3] ?? 0;
      values[at] = WHITE + (((values[at] ?? 0) - WHITE) * alpha) / WHITE;
    }
  }
  return { width, height, values };
}

/** How many pixels have each luma. */
export function levelsOf({ values }: Plane): Uint32Array {
  const levels = new Uint32Array(256);
  for (let at = 0; at < values.length; at++) {
    const level = values[at] ?? 0;
    levels[level] = (levels[level] ?? 0) + 1;
  }
  return levels;
}

/** A plane of exactly this size: each value is the mean of the area that it covers, whatever the aspect. */
export function shrink({ width, height, values }: Plane, to: Size): Float64Array {
  const across = shares(width, to.width);
  const rows = new Float64Array(to.width * height);
  for (let y = 0; y < height; y++) {
    for (const { from, into, share } of across) {
      const at = y * to.width + into;
      rows[at] = (rows[at] ?? 0) + (values[y * width + from] ?? 0) * share;
    }
  }
  const shrunk = new Float64Array(to.width * to.height);
  for (const { from, into, share } of shares(height, to.height)) {
    for (let x = 0; x < to.width; x++) {
      const at = into * to.width + x;
      shrunk[at] = (shrunk[at] ?? 0) + (rows[from * to.width + x] ?? 0) * share;
    }
  }
  return shrunk;
}

/** Which of `many` pixels in a row goes into which of `few`, and how much of that one it is. */
function shares(many: number, few: number): { from: number; into: number; share: number }[] {
  const span = many / few;
  const found: { from: number; into: number; share: number }[] = [];
  for (let into = 0; into < few; into++) {
    const begin = into * span;
    const end = Math.min(many, begin + span);
    for (let from = Math.floor(begin); from < end; from++) {
      const covered = Math.min(end, from + 1) - Math.max(begin, from);
      if (covered > 0) found.push({ from, into, share: covered / span });
    }
  }
  return found;
}
