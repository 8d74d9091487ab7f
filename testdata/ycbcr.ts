import type { RawImage } from './paint.ts';

/** Three planes of 8 bits, full range, the chroma at half the width and height. */
export interface YCbCr {
  width: number;
  height: number;
  planes: readonly [luma: Uint8Array, cb: Uint8Array, cr: Uint8Array];
}

/** Shares of red and blue in luma: Rec. ITU-R BT.601, which JPEG has too. */
const RED = 0.299;
const BLUE = 0.114;

/**
 * The picture padded to multiples of a side by its last column and row: what lies there is outside of what is shown.
 * @param side even
 */
export function toYCbCr(image: RawImage, side: number): YCbCr {
  const width = Math.ceil(image.width / side) * side;
  const height = Math.ceil(image.height / side) * side;
  const luma = new Uint8Array(width * height);
  const cb = new Float64Array((width * height) / 4);
  const cr = new Float64Array((width * height) / 4);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const from = (Math.min(y, image.height - 1) * image.width + Math.min(x, image.width - 1)) * 3;
      const [red = 0, green = 0, blue = 0] = image.data.subarray(from, from + 3);
      const level = RED * red + (1 - RED - BLUE) * green + BLUE * blue;
      luma[y * width + x] = Math.round(level);
      const chroma = (y >> 1) * (width / 2) + (x >> 1);
      cb[chroma] = (cb[chroma] ?? 0) + (blue - level) / (2 * (1 - BLUE)) / 4;
      cr[chroma] = (cr[chroma] ?? 0) + (red - level) / (2 * (1 - RED)) / 4;
    }
  }
  const stored = (plane: Float64Array) =>
    Uint8Array.from(plane, (value) => Math.min(255, Math.round(value + 128)));
  return { width, height, planes: [luma, stored(cb), stored(cr)] };
}
