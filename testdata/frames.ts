import type { RawImage } from './paint.ts';

/** Frames below each other, as libvips keeps an animation. */
export interface Animation extends RawImage {
  pageHeight: number;
}

/** A balloon that crosses the scene from left to right; in the first frame it is not yet there. */
export function balloonFlight(scene: RawImage, frames: number): Animation {
  const pictures = Array.from({ length: frames }, (_, frame) => withBalloon(scene, frame / frames));
  return stack(scene, pictures);
}

/** A step of a third of the range: the GIF encoder merges neighbours that are nearly alike. */
const FLICKER_STEP = 85;

/** Flat greys, each far from the one before. */
export function flicker(side: number, frames: number): Animation {
  const pictures = Array.from({ length: frames }, (_, frame) =>
    new Uint8Array(side * side * 3).fill((frame * FLICKER_STEP) % 256),
  );
  return stack({ width: side, height: side, channels: 3 }, pictures);
}

function withBalloon(scene: RawImage, share: number): Uint8Array {
  const data = Uint8Array.from(scene.data);
  const radius = scene.height / 10;
  const centreX = share * scene.width * 1.2 - radius;
  const centreY = scene.height / 3;
  for (let y = 0; y < scene.height; y++) {
    for (let x = 0; x < scene.width; x++) {
      if (Math.hypot(x - centreX, y - centreY) < radius) data.set([220, 30, 90], (y * scene.width + x) * 3);
    }
  }
  return data;
}

function stack({ width, height, channels }: Omit<RawImage, 'data'>, pictures: Uint8Array[]): Animation {
  return {
    data: Buffer.concat(pictures),
    width,
    height: height * pictures.length,
    channels,
    pageHeight: height,
  };
}
