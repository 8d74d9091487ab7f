import { LAYERS } from './layers.ts';
import { grainAt } from './noise.ts';
import { Paint, type RawImage } from './paint.ts';

export interface SceneSize {
  width: number;
  height: number;
  /** The most that grain adds or takes, in levels of 255; 6 looks like a phone by daylight. */
  grain: number;
}

const GRAIN_SEED = 101;

/**
 * A house by a lake at dusk, in RGB: nothing in it is symmetric, and its corners differ (`corners.ts`).
 * It is composed for 4:3, and no other aspect has all of it.
 */
export function renderScene({ width, height, grain }: SceneSize): RawImage {
  const data = new Uint8ClampedArray(width * height * 3);
  const paint = new Paint();
  const pixel = 1 / height;
  const place = { x: 0, y: 0, pixel };
  let offset = 0;
  for (let row = 0; row < height; row++) {
    place.y = (row + 0.5) * pixel;
    for (let column = 0; column < width; column++) {
      place.x = (column + 0.5) * pixel;
      for (const layer of LAYERS) layer(place, paint);
      paint.brighten(grain * grainAt(column, row, GRAIN_SEED));
      data[offset++] = paint.red;
      data[offset++] = paint.green;
      data[offset++] = paint.blue;
    }
  }
  return { data: new Uint8Array(data.buffer), width, height, channels: 3 };
}
