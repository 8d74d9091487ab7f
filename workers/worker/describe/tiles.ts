import type { Size } from '../geometry.ts';

/**
 * A grid of nearly square parts over a picture; each has at least one pixel. Tiles are counted row by row. What is done with
 * the pixels of a row in a tile is best a function: V8 compiles one that is called often better than a loop within loops.
 */
export interface Tiles {
  across: number;
  down: number;
  /** Where each column of tiles begins, and at the end the width of the picture. */
  edges: Uint32Array;
  /** The first tile of the row of tiles that this row of pixels is in. */
  firstOf(y: number): number;
}

/** @param side of a tile, in pixels, give or take what makes them equal */
export function tilesOver({ width, height }: Size, side: number): Tiles {
  const across = Math.max(1, Math.round(width / side));
  const down = Math.max(1, Math.round(height / side));
  return {
    across,
    down,
    edges: Uint32Array.from({ length: across + 1 }, (_, column) => Math.ceil((column * width) / across)),
    firstOf: (y) => Math.floor((y * down) / height) * across,
  };
}

/** To four sums that follow each other. A loop gathers in variables: in an array, it costs more than what is added up. */
export function addFour(sums: Float64Array, at: number, a: number, b: number, c: number, d: number): void {
  sums[at] = (sums[at] ?? 0) + a;
  sums[at + 1] = (sums[at + 1] ?? 0) + b;
  sums[at + 2] = (sums[at + 2] ?? 0) + c;
  sums[at + 3] = (sums[at + 3] ?? 0) + d;
}
