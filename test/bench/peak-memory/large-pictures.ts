import sharp, { type Sharp } from 'sharp';
import { grid } from '../../../testdata/heic.ts';
import { renderScene } from '../../../testdata/scene.ts';

/** Just below the 50 MP that are allowed by default. */
const SIZE = { width: 8640, height: 5784 };
/** As a phone takes it; its tiles are not compressed, and their decoder is WebAssembly. */
const PHONE = { width: 4032, height: 3024 };
const TILE_OF_PHONE = 512;

/** The scene is drawn by JavaScript, so it is drawn small and enlarged. */
const DRAWN = { width: 1440, height: 964, grain: 0 };
/** Standard deviation of the grain in levels of 255: that of a phone in a room. */
const GRAIN = 5;

export interface LargePicture {
  name: string;
  file(): Promise<Buffer>;
}

/** Upright, in RGB, with detail and with grain: what it takes in each format is what a photo of this size takes. */
export async function largePictures(): Promise<LargePicture[]> {
  const { data, info } = await grainy(SIZE);
  const { width, height, channels } = info;
  const picture = () => sharp(data, { raw: { width, height, channels }, limitInputPixels: false });
  const made = (name: string, encode: (picture: Sharp) => Sharp): LargePicture => ({
    name,
    file: () => encode(picture()).toBuffer(),
  });
  return [
    made('JPEG, baseline, 4:2:0', (it) => it.jpeg({ quality: 90 })),
    made('JPEG, progressive, 4:2:0', (it) => it.jpeg({ quality: 90, progressive: true })),
    made('JPEG, progressive, 4:4:4', (it) =>
      it.jpeg({ quality: 90, progressive: true, chromaSubsampling: '4:4:4' }),
    ),
    made('JPEG, CMYK', (it) => it.toColourspace('cmyk').withIccProfile('cmyk').jpeg({ quality: 90 })),
    made('PNG', (it) => it.png({ compressionLevel: 1 })),
    made('PNG, with alpha', (it) => it.ensureAlpha(0.5).png({ compressionLevel: 1 })),
    made('PNG, 16 bits', (it) => it.toColourspace('rgb16').png({ compressionLevel: 1 })),
    made('PNG, interlaced', (it) => it.png({ compressionLevel: 1, progressive: true })),
    // At a higher quality the modes of so many blocks are more than the 512 KiB that VP8 has for them.
    made('WebP, lossy', (it) => it.webp({ quality: 80, effort: 2 })),
    made('WebP, lossless', (it) => it.webp({ lossless: true, effort: 0 })),
    made('AVIF', (it) => it.avif({ quality: 60, effort: 0 })),
    made('GIF', (it) => it.gif({ effort: 1, dither: 0 })),
    made('TIFF, strips', (it) => it.tiff({ compression: 'none' })),
    made('TIFF, tiles', (it) => it.tiff({ compression: 'deflate', tile: true })),
    { name: 'HEIC of a phone, 12 MP', file: heicOfPhone },
  ];
}

function grainy({ width, height }: { width: number; height: number }) {
  const scene = renderScene(DRAWN);
  const raw = { width: scene.width, height: scene.height, channels: 3 } as const;
  // Soft light leaves what meets a grey of 128 as it is, and takes most of what differs from it.
  const noise = { type: 'gaussian', mean: 128, sigma: 4 * GRAIN } as const;
  const grain = { create: { width, height, channels: 3, background: '#808080', noise } } as const;
  return sharp(scene.data, { raw })
    .resize(width, height, { fit: 'fill', kernel: 'cubic' })
    .composite([{ input: grain, blend: 'soft-light' }])
    .removeAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
}

async function heicOfPhone(): Promise<Buffer> {
  const { data, info } = await grainy(PHONE);
  return grid({ data, width: info.width, height: info.height, channels: 3 }, TILE_OF_PHONE);
}
