/** Red, green and blue, 0 to 255, sRGB. */
export type Colour = readonly [number, number, number];

/** Uncompressed pixels, row by row, as sharp's `raw` takes and gives them. */
export interface RawImage {
  data: Uint8Array;
  width: number;
  height: number;
  channels: 1 | 2 | 3 | 4;
}

/** A place in the scene: `y` is 0 at the top and 1 at the bottom, `x` is 0 to 4/3, `pixel` is the side of one. */
export interface Place {
  x: number;
  y: number;
  pixel: number;
}

/** The colour of one pixel while layers are laid over it; reused, for 12 million of them are painted. */
export class Paint {
  red = 0;
  green = 0;
  blue = 0;

  over([red, green, blue]: Colour, opacity: number): void {
    this.red += (red - this.red) * opacity;
    this.green += (green - this.green) * opacity;
    this.blue += (blue - this.blue) * opacity;
  }

  brighten(levels: number): void {
    this.red += levels;
    this.green += levels;
    this.blue += levels;
  }
}

/** How much of a pixel lies inside an edge that is `distance` away (negative: inside): a sharp edge, no jaggies. */
export function coverage(distance: number, pixel: number): number {
  return Math.min(1, Math.max(0, 0.5 - distance / pixel));
}

/** The distance to the border of a rectangle that stands upright. */
export function fromBox({ x, y }: Place, left: number, top: number, right: number, bottom: number): number {
  return Math.max(left - x, x - right, top - y, y - bottom);
}
