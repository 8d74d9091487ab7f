import sharp from 'sharp';
import type { ImageName } from './expected.ts';
import { type Orientation, storeAs } from './orientation.ts';
import { privateJpeg } from './private.ts';
import { renderScene, type SceneSize } from './scene.ts';

export type Maker = () => Promise<Uint8Array>;

/** Grain and quality were chosen by the size of the file that comes out, which EXPECTED and the README tell. */
export const PHOTOS = {
  'testimage_small.jpg': () => photo({ width: 640, height: 480, grain: 8 }, 88),
  'testimage_medium.jpg': () => photo({ width: 2000, height: 1500, grain: 8 }, 75),
  'testimage_large.jpg': () => photo({ width: 4000, height: 3000, grain: 6 }, 70),
  'testimage_200kb.jpg': () => photo({ width: 1600, height: 1200, grain: 8 }, 74),
  'orientation/1.jpg': () => oriented(1),
  'orientation/2.jpg': () => oriented(2),
  'orientation/3.jpg': () => oriented(3),
  'orientation/4.jpg': () => oriented(4),
  'orientation/5.jpg': () => oriented(5),
  'orientation/6.jpg': () => oriented(6),
  'orientation/7.jpg': () => oriented(7),
  'orientation/8.jpg': () => oriented(8),
  'private.jpg': () => privateJpeg(renderScene(SMALL)),
} satisfies Partial<Record<ImageName, Maker>>;

/** The size of the files that are about something else than size. */
export const SMALL: SceneSize = { width: 320, height: 240, grain: 4 };

async function photo(size: SceneSize, quality: number): Promise<Buffer> {
  const { data, ...raw } = renderScene(size);
  return sharp(data, { raw }).jpeg({ quality }).toBuffer();
}

async function oriented(orientation: Orientation): Promise<Buffer> {
  const { data, ...raw } = storeAs(orientation, renderScene(SMALL));
  return sharp(data, { raw }).jpeg({ quality: 75 }).withMetadata({ orientation }).toBuffer();
}
