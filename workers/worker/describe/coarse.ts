import type { Raster } from '../raster.ts';
import { addFour, tilesOver } from './tiles.ts';

const OPAQUE = 255;

/**
 * A still picture, reduced to a long side of `to` pixels where it is larger: each pixel is the mean of what it stands for,
 * and of what is transparent only as much counts as is seen. A pipeline of libvips would take four times as long.
 */
export function coarse(picture: Raster, to: number): Raster {
  const { width, height, channels } = picture;
  const side = Math.max(width, height) / to;
  if (side <= 1) return picture;
  const { across, down, edges, firstOf } = tilesOver(picture, side);
  const sums = new Float64Array(across * down * 4);
  const counts = new Uint32Array(across * down);
  // Where a tile has four rows, two of them tell as much.
  const step = side >= 4 ? 2 : 1;
  for (let y = 0; y < height; y += step) {
    for (let column = 0; column < across; column++) {
      const begin = edges[column] ?? 0;
      const end = edges[column + 1] ?? 0;
      const tile = firstOf(y) + column;
      counts[tile] = (counts[tile] ?? 0) + end - begin;
      addColours(picture, y * width + begin, y * width + end, sums, 4 * tile);
    }
  }
  const pixels = Buffer.alloc(across * down * channels);
  for (const [tile, count] of counts.entries()) {
    const seen = sums[4 * tile + 3] ?? 0;
    for (let channel = 0; channel < 3 && seen > 0; channel++) {
      pixels[tile * channels + channel] = Math.round((sums[4 * tile + channel] ?? 0) / seen);
    }
    if (channels === 4) pixels[tile * channels + 3] = Math.round(seen / count);
  }
  return { width: across, height: down, channels, frames: 1, pixels };
}

/** Adds the colours of the pixels from `begin` up to `end`, in a row, each as much as is seen of it; and how much that is. */
function addColours(
  { channels, pixels }: Raster,
  begin: number,
  end: number,
  sums: Float64Array,
  tile: number,
): void {
  let [red, green, blue, seen] = [0, 0, 0, 0];
  for (let at = begin * channels; at < end * channels; at += channels) {
    const weight = channels === 4 ? (pixels[at + 3] ?? 0) : OPAQUE;
    red += (pixels[at] ?? 0) * weight;
    green += (pixels[at + 1] ?? 0) * weight;
    blue += (pixels[at + 2] ?? 0) * weight;
    seen += weight;
  }
  addFour(sums, tile, red, green, blue, seen);
}
