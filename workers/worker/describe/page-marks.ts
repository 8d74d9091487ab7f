import { levelsOf, type Plane } from './luma.ts';
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

export function pageMarks({ width, height, values }: Plane): PageMarks {
  const { lowest, count } = commonest(levelsOf({ width, height, values }));
  const { across, down, edges, firstOf } = tilesOver({ width, height }, TILE_SIDE);
  const pixels = new Uint32Array(across * down);
  const ground = new Uint32Array(across * down);
  const steep = new Uint32Array(across * down);
  let allSteep = 0;
  let straight = 0;
  for (let y = 0; y < height - 1; y += ROW_STEP) {
    for (let column = 0; column < across; column++) {
      const begin = edges[column] ?? 0;
      const end = Math.min(width - 1, edges[column + 1] ?? 0);
      let onGround = 0;
      let onEdge = 0;
      for (let at = y * width + begin; at < y * width + end; at++) {
        const here = values[at] ?? 0;
        if (here >= lowest && here < lowest + GROUND_SPAN) onGround++;
        const right = Math.abs((values[at + 1] ?? 0) - here);
        const below = Math.abs((values[at + width] ?? 0) - here);
        if (right + below < EDGE) continue;
        onEdge++;
        if (Math.min(right, below) <= SLANT * (right + below)) straight++;
      }
      const tile = firstOf(y) + column;
      pixels[tile] = (pixels[tile] ?? 0) + end - begin;
      ground[tile] = (ground[tile] ?? 0) + onGround;
      steep[tile] = (steep[tile] ?? 0) + onEdge;
      allSteep += onEdge;
    }
  }
  const written = pixels.reduce((sum, of, tile) => {
    const isWritten = (ground[tile] ?? 0) >= GROUND_OF_TILE * of && (steep[tile] ?? 0) >= EDGES_OF_TILE * of;
    return sum + (isWritten && of > 0 ? 1 : 0);
  }, 0);
  return {
    ground: count / values.length,
    written: written / pixels.length,
    straight: allSteep === 0 ? 0 : straight / allSteep,
  };
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
