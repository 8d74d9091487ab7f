import { ssim } from 'ssim.js';
import type { RawImage } from '../../testdata/paint.ts';

/** Structural similarity of two pictures of one size, by their luma; 1 is the same. What is clear shows white. */
export function similarity(a: RawImage, b: RawImage): number {
  if (a.width !== b.width || a.height !== b.height) {
    throw new Error(`${a.width}x${a.height} is compared with ${b.width}x${b.height}`);
  }
  return ssim(onWhite(a), onWhite(b), { ssim: 'original', downsample: false }).mssim;
}

/** The mean difference of two pictures of one size, channel by channel, in levels of 255: what luma does not tell. */
export function meanShift(a: RawImage, b: RawImage): number {
  const [of, to] = [meanOf(a), meanOf(b)];
  return Math.max(...of.map((mean, channel) => Math.abs(mean - (to[channel] ?? 0))));
}

function meanOf(image: RawImage): number[] {
  const { data } = onWhite(image);
  const sums = [0, 0, 0];
  for (const [at, level] of data.entries()) if (at % 4 < 3) sums[at % 4] = (sums[at % 4] ?? 0) + level;
  return sums.map((sum) => sum / (image.width * image.height));
}

function onWhite({ data, width, height, channels }: RawImage) {
  const rgba = new Uint8ClampedArray(width * height * 4);
  const [grey, alpha] = [channels < 3, channels % 2 === 0];
  for (let pixel = 0; pixel < width * height; pixel++) {
    const from = pixel * channels;
    const opacity = alpha ? (data[from + channels - 1] ?? 0) / 255 : 1;
    for (let channel = 0; channel < 3; channel++) {
      const level = data[from + (grey ? 0 : channel)] ?? 0;
      rgba[pixel * 4 + channel] = 255 + (level - 255) * opacity;
    }
    rgba[pixel * 4 + 3] = 255;
  }
  return { data: rgba, width, height };
}
