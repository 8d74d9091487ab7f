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

/** @param levels how many pixels have each luma */
export function pageMarks(luma: Plane, levels: Uint32Array): PageMarks {
  const { width, height, values } = luma;
  const ground = commonest(levels);
  const { across, down, edges, firstOf } = tilesOver(luma, TILE_SIDE);
  const pixels = new Uint32Array(across * down);
  const counts: Counts = {
    onGround: new Uint32Array(across * down),
    steep: new Uint32Array(across * down),
    straight: new Uint32Array(across * down),
  };
  for (let y = 0; y < height - 1; y += ROW_STEP) {
    for (let column = 0; column < across; column++) {
      const begin = edges[column] ?? 0;
      const end = Math.min(width - 1, edges[column + 1] ?? 0);
      const tile = firstOf(y) + column;
      pixels[tile] = (pixels[tile] ?? 0) + end - begin;
      countMarks(luma, y * width + begin, y * width + end, ground.lowest, counts, tile);
    }
  }
  const isWritten = (of: number, tile: number) =>
    of > 0 &&
    (counts.onGround[tile] ?? 0) >= GROUND_OF_TILE * of &&
    (counts.steep[tile] ?? 0) >= EDGES_OF_TILE * of;
  const steep = sumOf(counts.steep);
  return {
    ground: ground.count / values.length,
    written: pixels.reduce((sum, of, tile) => sum + (isWritten(of, tile) ? 1 : 0), 0) / pixels.length,
    straight: steep === 0 ? 0 : sumOf(counts.straight) / steep,
  };
}

const sumOf = (counts: Uint32Array): number => counts.reduce((sum, count) => sum + count, 0);

/** By tile, the pixels that are ground, that an edge begins at, and that a straight edge begins at. */
interface Counts {
  onGround: Uint32Array;
  steep: Uint32Array;
  straight: Uint32Array;
}

/** Counts the pixels from `begin` up to `end`, in a row. */
function countMarks(
  { width, values }: Plane,
  begin: number,
  end: number,
  lowest: number,
  counts: Counts,
  tile: number,
): void {
  let onGround = 0;
  let steep = 0;
  let straight = 0;
  for (let at = begin; at < end; at++) {
    const here = values[at] ?? 0;
    if (here >= lowest && here < lowest + GROUND_SPAN) onGround++;
    const right = Math.abs((values[at + 1] ?? 0) - here);
    const below = Math.abs((values[at + width] ?? 0) - here);
    if (right + below < EDGE) continue;
    steep++;
    if (Math.min(right, below) <= SLANT * (right + below)) straight++;
  }
  counts.onGround[tile] = (counts.onGround[tile] ?? 0) + onGround;
  counts.steep[tile] = (counts.steep[tile] ?? 0) + steep;
  counts.straight[tile] = (counts.straight[tile] ?? 0) + straight;
}

/** The span of lightness that most pixels are in. */
function commonest(levels: Uint32Array): { lowest: number; count: number } {
  let found = { lowest: 0, count: 0 };
  for (let lowest = 0; lowest + GROUND_SPAN <= levels.length; lowest++) {
    const count = levels.subarray(lowest, lowest + GROUND_SPAN).reduce((sum, of) => sum + of, 0);
    if (count > found.count) found = { lowest, count };
  }
  return found;
}
