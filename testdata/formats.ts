import sharp, { type Sharp } from 'sharp';
import { cmykProfile } from './cmyk-profile.ts';
import type { ImageName } from './expected.ts';
import { balloonFlight } from './frames.ts';
import { iccProfile, withSegments } from './jpeg-segments.ts';
import type { RawImage } from './paint.ts';
import { type Maker, SMALL } from './photos.ts';
import { renderScene } from './scene.ts';

/** Files that compress badly are drawn small and without grain. */
export const TINY = { width: 160, height: 120, grain: 0 };
const FRAME_DELAYS_MS = [200, 200, 200, 200];

export const FORMATS = {
  'cmyk.jpg': cmyk,
  'p3.jpg': displayP3,
  'alpha.png': () =>
    open(fadingRight(renderScene(TINY)))
      .png()
      .toBuffer(),
  'palette.png': () => open(renderScene(SMALL)).png({ palette: true, colours: 64, dither: 0 }).toBuffer(),
  'grey16.png': () => open(renderScene(TINY)).toColourspace('grey16').png().toBuffer(),
  'tiny_1x1.png': () => flat(1, 1).png().toBuffer(),
  'wide_20000x1.png': () => flat(20_000, 1).png().toBuffer(),
  'png_named.jpg': () => open(renderScene(TINY)).png().toBuffer(),
  'photo.webp': () => open(renderScene(SMALL)).webp({ quality: 75 }).toBuffer(),
  'alpha.webp': () =>
    open(fadingRight(renderScene(SMALL)))
      .webp({ quality: 75 })
      .toBuffer(),
  'animated.webp': () => open(flight()).webp({ quality: 60, delay: FRAME_DELAYS_MS }).toBuffer(),
  'photo.avif': () => open(renderScene(SMALL)).avif({ quality: 55 }).toBuffer(),
  'animated.gif': () => open(flight()).gif({ colours: 32, dither: 0, delay: FRAME_DELAYS_MS }).toBuffer(),
  'photo.tiff': () =>
    open(renderScene(TINY)).tiff({ compression: 'deflate', predictor: 'horizontal' }).toBuffer(),
} satisfies Partial<Record<ImageName, Maker>>;

function open({ data, ...raw }: RawImage): Sharp {
  return sharp(data, { raw });
}

function flat(width: number, height: number): Sharp {
  return sharp({ create: { width, height, channels: 3, background: { r: 46, g: 96, b: 186 } } });
}

function flight(): RawImage {
  return balloonFlight(renderScene(TINY), FRAME_DELAYS_MS.length);
}

/** Opaque at the left edge, clear at the right one. */
export function fadingRight({ data, width, height }: RawImage): RawImage {
  const faded = new Uint8Array(width * height * 4);
  for (let pixel = 0; pixel < width * height; pixel++) {
    const opacity = 1 - (pixel % width) / (width - 1);
    faded.set(data.subarray(pixel * 3, pixel * 3 + 3), pixel * 4);
    faded[pixel * 4 + 3] = Math.round(255 * opacity);
  }
  return { data: faded, width, height, channels: 4 };
}

async function cmyk(): Promise<Buffer> {
  const jpeg = await open(renderScene(SMALL)).toColourspace('cmyk').jpeg({ quality: 75 }).toBuffer();
  return withSegments(jpeg, [iccProfile(cmykProfile())]);
}

/** Stored as 234, 51, 35: a reader that drops the profile shows a duller red than sRGB's 255, 0, 0. */
async function displayP3(): Promise<Buffer> {
  const red = sharp({ create: { width: 64, height: 64, channels: 3, background: { r: 255, g: 0, b: 0 } } });
  return red.withIccProfile('p3').jpeg({ quality: 95, chromaSubsampling: '4:4:4' }).toBuffer();
}
