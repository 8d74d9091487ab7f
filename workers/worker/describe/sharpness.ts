import type { Plane } from './luma.ts';
import { tilesOver } from './tiles.ts';

/** In pixels: a tenth of the side of a picture of 500, and half that of the smallest subject that somebody takes a photo of. */
const TILE_SIDE = 50;

/** The share of the tiles that is looked at, the sharpest ones: a smooth background says nothing. */
const SHARPEST = 0.05;

/** In levels from pixel to pixel: what is no steeper is noise, or what compression has left, as likely as an edge. */
const NOISE = 3;

/** Every fourth row tells as much as all of them: a tile has a dozen. */
const ROW_STEP = 4;

/** Across, down, and both diagonals: the neighbour on one side, and how far away it is, squared. */
const DIRECTIONS = [
  { x: 1, y: 0, distance2: 1 },
  { x: 0, y: 1, distance2: 1 },
  { x: 1, y: 1, distance2: 2 },
  { x: 1, y: -1, distance2: 2 },
] as const;

/**
 * How abrupt the edges of the sharpest parts are: by how much their slope changes from pixel to pixel, for each level
 * that it is steep, so that contrast counts for little. Of four directions the one that has the least counts: what moved, or
 * a hand that shook, leaves the edges along its way as they were. From 0 to about 2; it depends on the scale, so pictures
 * are compared at one.
 */
export function sharpness(luma: Plane): number {
  if (luma.width < 3 || luma.height < 3) return 0;
  return Math.min(...DIRECTIONS.map((direction) => sharpnessAlong(luma, direction)));
}

function sharpnessAlong(
  { width, height, values }: Plane,
  { x: right, y: down, distance2 }: (typeof DIRECTIONS)[number],
): number {
  const tiles = tilesOver({ width, height }, TILE_SIDE);
  const change = new Float64Array(tiles.count);
  const slope = new Float64Array(tiles.count);
  const pixels = new Uint32Array(tiles.count);
  const step = right + down * width;
  for (let y = 1; y < height - 1; y += ROW_STEP) {
    const row = tiles.rowOf(y);
    for (let x = 1; x < width - 1; x++) {
      const at = y * width + x;
      const here = values[at] ?? 0;
      const before = values[at - step] ?? 0;
      const after = values[at + step] ?? 0;
      const tile = row + (tiles.columns[x] ?? 0);
      const bend = 2 * here - before - after;
      const rise = after - before;
      change[tile] = (change[tile] ?? 0) + bend * bend;
      slope[tile] = (slope[tile] ?? 0) + rise * rise;
      pixels[tile] = (pixels[tile] ?? 0) + 1;
    }
  }
  const found = Array.from(pixels, (count, tile) => {
    if (count === 0) return 0;
    const bend = Math.sqrt((change[tile] ?? 0) / count) / distance2;
    const rise = Math.sqrt((slope[tile] ?? 0) / count / 4 / distance2);
    return bend / (rise + NOISE);
  }).sort((a, b) => b - a);
  const sharpest = found.slice(0, Math.max(1, Math.round(found.length * SHARPEST)));
  return sharpest.reduce((sum, each) => sum + each, 0) / sharpest.length;
}
