import type { Colour, RawImage } from './paint.ts';

export type Corner = 'topLeft' | 'topRight' | 'bottomLeft' | 'bottomRight';

export const CORNERS: readonly Corner[] = ['topLeft', 'topRight', 'bottomLeft', 'bottomRight'];

/** What `cornerColours` gives for the scene as rendered, in any size. */
export const CORNER_COLOURS: Record<Corner, Colour> = {
  topLeft: [46, 96, 186],
  topRight: [250, 166, 96],
  bottomLeft: [17, 107, 116],
  bottomRight: [162, 165, 53],
};

/** Levels of 255 that JPEG, WebP and AVIF may move such a mean. */
export const CORNER_TOLERANCE = 6;

/** A tenth of each side is large enough to average out grain, ripples and grass. */
const PATCH_SHARE = 0.1;

/** The mean colour of each corner. */
export function cornerColours(image: RawImage): Record<Corner, Colour> {
  const width = Math.ceil(image.width * PATCH_SHARE);
  const height = Math.ceil(image.height * PATCH_SHARE);
  const right = image.width - width;
  const bottom = image.height - height;
  return {
    topLeft: meanColour(image, 0, 0, width, height),
    topRight: meanColour(image, right, 0, width, height),
    bottomLeft: meanColour(image, 0, bottom, width, height),
    bottomRight: meanColour(image, right, bottom, width, height),
  };
}

/** Which corner of the scene a colour belongs to: it holds through strong compression, resizing and square crops. */
export function nearestCorner(colour: Colour): Corner {
  const byDistance = (a: Corner, b: Corner) =>
    colourDistance(CORNER_COLOURS[a], colour) - colourDistance(CORNER_COLOURS[b], colour);
  return CORNERS.toSorted(byDistance)[0] ?? 'topLeft';
}

/** The largest difference of a channel, 0 to 255. */
export function colourDistance(a: Colour, b: Colour): number {
  return Math.max(Math.abs(a[0] - b[0]), Math.abs(a[1] - b[1]), Math.abs(a[2] - b[2]));
}

function meanColour(image: RawImage, left: number, top: number, width: number, height: number): Colour {
  const mean = (channel: number) => {
    let sum = 0;
    for (let y = top; y < top + height; y++)
      for (let x = left; x < left + width; x++)
        sum += image.data[(y * image.width + x) * image.channels + channel] ?? 0;
    return Math.round(sum / (width * height));
  };
  return [mean(0), mean(1), mean(2)];
}
