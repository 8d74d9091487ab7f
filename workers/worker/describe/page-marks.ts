import type { Plane } from './luma.ts';
import { tilesOver } from './tiles.ts';

/** What tells a page on a screen from what a camera saw. All are shares, from 0 to 1. */
export interface PageMarks {
  /** Of the pixels: those that have the commonest lightness, the ground that a page is written on. */
  ground: number;
  /** Of the tiles: those with edges on that ground. Writing is all over a page; an object on a plain ground is in one place. */
  written: number;
  /** Of the edges: those that run exactly across or down, as letters and frames do. */
  straight: number;
}

/** In pixels, about a line of text at the size at which pictures are looked at. */
const TILE_SIDE = 25;

/** Every fourth row tells as much as all of them. */
const ROW_STEP = 4;

/** In levels: lightnesses no further apart are one ground; compression leaves so much. */
const GROUND_SPAN = 3;

/** In levels from pixel to pixel, across and down together. */
const EDGE = 24;

/** An edge is straight when so little of it is in the other direction. */
const SLANT = 0.1;

/** The shares of a tile that have to be ground, and edges, for it to be written on. */
const GROUND_OF_TILE = 0.25;
const EDGES_OF_TILE = 0.05;

export function pageMarks(luma: Plane): PageMarks {
  const { width, height, values } = luma;
  const { lowest, count } = commonest(values);
  const tiles = tilesOver(luma, TILE_SIDE);
  const pixels = new Uint32Array(tiles.count);
  const ground = new Uint32Array(tiles.count);
  const edges = new Uint32Array(tiles.count);
  let allEdges = 0;
  let straight = 0;
  for (let y = 0; y < height - 1; y += ROW_STEP) {
    const row = tiles.rowOf(y);
    for (let x = 0; x < width - 1; x++) {
      const at = y * width + x;
      const here = values[at] ?? 0;
      const tile = row + (tiles.columns[x] ?? 0);
      pixels[tile] = (pixels[tile] ?? 0) + 1;
      if (here >= lowest && here < lowest + GROUND_SPAN) ground[tile] = (ground[tile] ?? 0) + 1;
      const across = Math.abs((values[at + 1] ?? 0) - here);
      const down = Math.abs((values[at + width] ?? 0) - here);
      if (across + down < EDGE) continue;
      edges[tile] = (edges[tile] ?? 0) + 1;
      allEdges++;
      if (Math.min(across, down) <= SLANT * (across + down)) straight++;
    }
  }
  const written = pixels.reduce((sum, of, tile) => {
    const isWritten = (ground[tile] ?? 0) >= GROUND_OF_TILE * of && (edges[tile] ?? 0) >= EDGES_OF_TILE * of;
    return sum + (isWritten && of > 0 ? 1 : 0);
  }, 0);
  return {
    ground: count / values.length,
    written: written / tiles.count,
    straight: allEdges === 0 ? 0 : straight / allEdges,
  };
}

/** The span of lightness that most pixels are in. */
function commonest(values: Uint8Array): { lowest: number; count: number } {
  const histogram = new Uint32Array(256);
  for (const value of values) histogram[value] = (histogram[value] ?? 0) + 1;
  let found = { lowest: 0, count: 0 };
  for (let lowest = 0; lowest + GROUND_SPAN <= histogram.length; lowest++) {
    const count = histogram.subarray(lowest, lowest + GROUND_SPAN).reduce((sum, of) => sum + of, 0);
    if (count > found.count) found = { lowest, count };
  }
  return found;
}
