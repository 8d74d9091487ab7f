import type { Raster } from '../raster.ts';
import { lumaOfColour } from './luma.ts';

export interface Exposure {
  /** The mean of luma, from 0 to 1. */
  brightness: number;
  /** Shares of the pixels that are all but black, and all but white: those that tell no detail. */
  shadows: number;
  highlights: number;
}

/** Of luma: at most this is black, and at least that is white, to an eye and on most screens. */
const BLACK = 8;
const WHITE = 247;

/**
 * How bright a still picture is. What is transparent does not count; where all is, nothing is bright or dark.
 * @param levels how many of its pixels have each luma
 */
export function exposureOf(picture: Raster, levels: Uint32Array): Exposure {
  const weights = picture.channels === 3 ? levels : levelsByAlpha(picture);
  let all = 0;
  let light = 0;
  let black = 0;
  let white = 0;
  for (const [level, weight] of weights.entries()) {
    all += weight;
    light += level * weight;
    if (level <= BLACK) black += weight;
    if (level >= WHITE) white += weight;
  }
  if (all === 0) return { brightness: 0.5, shadows: 0, highlights: 0 };
  return { brightness: light / all / 255, shadows: black / all, highlights: white / all };
}

/** How many pixels have each luma, the transparent ones in part. */
function levelsByAlpha({ pixels }: Raster): Float64Array {
  const levels = new Float64Array(256);
  for (let at = 0; at < pixels.length; at += 4) {
    const level = lumaOfColour(pixels[at] ?? 0, pixels[at + 1] ?? 0, pixels[at + 2] ?? 0);
    levels[level] = (levels[level] ?? 0) + (pixels[at + 3] ?? 0) / 255;
  }
  return levels;
}
