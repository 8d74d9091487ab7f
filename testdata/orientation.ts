import type { RawImage } from './paint.ts';

export type Orientation = 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8;

export const ORIENTATIONS: readonly Orientation[] = [1, 2, 3, 4, 5, 6, 7, 8];

type Side = 'top' | 'bottom' | 'left' | 'right';

/** Where the stored row 0 and column 0 belong in the upright picture: tag 0x0112 of TIFF 6.0 and of EXIF 3.0. */
const STORED: Record<Orientation, { row0: Side; column0: Side }> = {
  1: { row0: 'top', column0: 'left' },
  2: { row0: 'top', column0: 'right' },
  3: { row0: 'bottom', column0: 'right' },
  4: { row0: 'bottom', column0: 'left' },
  5: { row0: 'left', column0: 'top' },
  6: { row0: 'right', column0: 'top' },
  7: { row0: 'right', column0: 'bottom' },
  8: { row0: 'left', column0: 'bottom' },
};

/**
 * The pixels that a camera held that way would store. Worked out from the standard's table rather than by
 * sharp, so that the files can tell when the decoder's idea of an orientation is wrong.
 */
export function storeAs(orientation: Orientation, upright: RawImage): RawImage {
  const { row0, column0 } = STORED[orientation];
  const isTurned = row0 === 'left' || row0 === 'right';
  const width = isTurned ? upright.height : upright.width;
  const height = isTurned ? upright.width : upright.height;
  const data = new Uint8Array(upright.data.length);
  const { channels } = upright;
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const y = isTurned ? from(column0, column, upright.height) : from(row0, row, upright.height);
      const x = isTurned ? from(row0, row, upright.width) : from(column0, column, upright.width);
      const source = (y * upright.width + x) * channels;
      data.set(upright.data.subarray(source, source + channels), (row * width + column) * channels);
    }
  }
  return { data, width, height, channels };
}

function from(side: Side, index: number, length: number): number {
  return side === 'top' || side === 'left' ? index : length - 1 - index;
}
