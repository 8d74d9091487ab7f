import type { Size } from '../geometry.ts';

/** A grid of nearly square parts over a picture; each has at least one pixel. */
export interface Tiles {
  count: number;
  /** Of the tile of each pixel in this row, where the tiles of that row begin. */
  rowOf(y: number): number;
  /** The column of the tile of each x. */
  columns: Uint16Array;
}

/** @param side of a tile, in pixels, give or take what makes them equal */
export function tilesOver({ width, height }: Size, side: number): Tiles {
  const across = Math.max(1, Math.round(width / side));
  const down = Math.max(1, Math.round(height / side));
  return {
    count: across * down,
    rowOf: (y) => Math.floor((y * down) / height) * across,
    columns: Uint16Array.from({ length: width }, (_, x) => Math.floor((x * across) / width)),
  };
}
