import type { Plane } from './luma.ts';
import { addFour, tilesOver } from './tiles.ts';

/** In pixels: a tenth of the side of a picture of 500, and half that of the smallest subject that somebody takes a photo of. */
const TILE_SIDE = 50;

/** The share of the tiles that is looked at, the sharpest ones: a smooth background says nothing. */
const SHARPEST = 0.05;

/** In levels from pixel to pixel: what is no steeper is noise, or what compression has left, as likely as an edge. */
const NOISE = 3;

/** Every fourth row tells as much as all of them: a tile has a dozen. */
const ROW_STEP = 4;

/** How far away the two neighbours of a pixel are, squared: across, down, and along both diagonals. */
const DISTANCES2 = [1, 1, 2, 2] as const;

/**
 * How abrupt the edges of the sharpest parts are: by how much their slope changes from pixel to pixel, for each level
 * that it is steep, so that contrast counts for little. Of four directions the one that has the least counts: what moved, or
 * a hand that shook, leaves the edges along its way as they were. From 0 to about 2; it depends on the scale, so pictures
 * are compared at one.
 */
export function sharpness(luma: Plane): number {
  if (luma.width < 3 || luma.height < 3) return 0;
  const { bends, rises, pixels } = slopesOf(luma);
  return Math.min(
    ...DISTANCES2.map((distance2, direction) => {
      const found = Array.from(pixels, (count, tile) => {
        if (count === 0) return 0;
        const at = tile * DISTANCES2.length + direction;
        const bend = Math.sqrt((bends[at] ?? 0) / count) / distance2;
        const rise = Math.sqrt((rises[at] ?? 0) / count / 4 / distance2);
        return bend / (rise + NOISE);
      }).sort((a, b) => b - a);
      const sharpest = found.slice(0, Math.max(1, Math.round(found.length * SHARPEST)));
      return sharpest.reduce((sum, each) => sum + each, 0) / sharpest.length;
    }),
  );
}

/** For each tile and each direction, the sums of the squares of what the slope changes by, and of what it rises by. */
function slopesOf(luma: Plane) {
  const { width, height } = luma;
  const { across, down, edges, firstOf } = tilesOver(luma, TILE_SIDE);
  const bends = new Float64Array(across * down * DISTANCES2.length);
  const rises = new Float64Array(across * down * DISTANCES2.length);
  const pixels = new Uint32Array(across * down);
  for (let y = 1; y < height - 1; y += ROW_STEP) {
    for (let column = 0; column < across; column++) {
      const begin = Math.max(1, edges[column] ?? 0);
      const end = Math.max(begin, Math.min(width - 1, edges[column + 1] ?? 0));
      const tile = firstOf(y) + column;
      pixels[tile] = (pixels[tile] ?? 0) + end - begin;
      addSlopes(luma, y * width + begin, y * width + end, { bends, rises, at: tile * DISTANCES2.length });
    }
  }
  return { bends, rises, pixels };
}

/** Adds those of the pixels from `begin` up to `end`, in a row. */
function addSlopes(
  { width, values }: Plane,
  begin: number,
  end: number,
  { bends, rises, at: tile }: { bends: Float64Array; rises: Float64Array; at: number },
): void {
  let [bend0, bend1, bend2, bend3, rise0, rise1, rise2, rise3] = [0, 0, 0, 0, 0, 0, 0, 0];
  for (let at = begin; at < end; at++) {
    const twice = 2 * (values[at] ?? 0);
    const left = values[at - 1] ?? 0;
    const right = values[at + 1] ?? 0;
    const above = values[at - width] ?? 0;
    const below = values[at + width] ?? 0;
    const aboveLeft = values[at - width - 1] ?? 0;
    const belowRight = values[at + width + 1] ?? 0;
    const belowLeft = values[at + width - 1] ?? 0;
    const aboveRight = values[at - width + 1] ?? 0;
    bend0 += (twice - left - right) * (twice - left - right);
    bend1 += (twice - above - below) * (twice - above - below);
    bend2 += (twice - aboveLeft - belowRight) * (twice - aboveLeft - belowRight);
    bend3 += (twice - belowLeft - aboveRight) * (twice - belowLeft - aboveRight);
    rise0 += (right - left) * (right - left);
    rise1 += (below - above) * (below - above);
    rise2 += (belowRight - aboveLeft) * (belowRight - aboveLeft);
    rise3 += (aboveRight - belowLeft) * (aboveRight - belowLeft);
  }
  addFour(bends, tile, bend0, bend1, bend2, bend3);
  addFour(rises, tile, rise0, rise1, rise2, rise3);
}
