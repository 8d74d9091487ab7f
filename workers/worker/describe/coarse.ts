import type { Raster } from '../raster.ts';
import { addFour, tilesOver } from './tiles.ts';

/** In pixels: the hashes and the colour tell nothing finer. ThumbHash takes 100 at the most. */
const COARSE_SIDE = 64;

const OPAQUE = 255;

/**
 * A still picture at a long side of {@link COARSE_SIDE}, each pixel the mean of what it stands for; of what is transparent
 * only as much counts as is seen. A pipeline of libvips would take four times as long.
 */
export function coarse(picture: Raster): Raster {
  const { width, channels, pixels } = picture;
  const side = Math.max(width, picture.height) / COARSE_SIDE;
  if (side <= 1) return picture;
  const { across, down, edges, firstOf } = tilesOver(picture, side);
  const sums = new Float64Array(across * down * 4);
  const counts = new Uint32Array(across * down);
  // Where a tile has four rows, two of them tell as much.
  const step = side >= 4 ? 2 : 1;
  for (let y = 0; y < picture.height; y += step) {
    for (let column = 0; column < across; column++) {
      const begin = y * width + (edges[column] ?? 0);
      const end = y * width + (edges[column + 1] ?? 0);
      let [red, green, blue, seen] = [0, 0, 0, 0];
      for (let at = begin * channels; at < end * channels; at += channels) {
        const weight = channels === 4 ? (pixels[at + 3] ?? 0) : OPAQUE;
        red += (pixels[at] ?? 0) * weight;
        green += (pixels[at + 1] ?? 0) * weight;
        blue += (pixels[at + 2] ?? 0) * weight;
        seen += weight;
      }
      const tile = firstOf(y) + column;
      addFour(sums, 4 * tile, red, green, blue, seen);
      counts[tile] = (counts[tile] ?? 0) + end - begin;
    }
  }
  const means = Buffer.alloc(across * down * channels);
  for (const [tile, count] of counts.entries()) {
    const seen = sums[4 * tile + 3] ?? 0;
    for (let channel = 0; channel < 3 && seen > 0; channel++) {
      means[tile * channels + channel] = Math.round((sums[4 * tile + channel] ?? 0) / seen);
    }
    if (channels === 4) means[tile * channels + 3] = Math.round(seen / count);
  }
  return { width: across, height: down, channels, frames: 1, pixels: means };
}
