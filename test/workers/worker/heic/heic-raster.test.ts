import sharp from 'sharp';
import { beforeAll, expect, test } from 'vitest';
import { CORNER_TOLERANCE, colourDistance, cornerColours } from '../../../../testdata/corners.ts';
import { imagePath } from '../../../../testdata/expected.ts';
import { decode, prepareDecoder } from '../../../../workers/worker/decoder.ts';
import { heicRaster } from '../../../../workers/worker/heic/heic-raster.ts';
import { iccTiff } from '../../../../workers/worker/heic/icc-tiff.ts';
import { UnreadableImage } from '../../../../workers/worker/unreadable-image.ts';

beforeAll(prepareDecoder);

const raster = (name: Parameters<typeof imagePath>[0], width: number, height: number) =>
  heicRaster(imagePath(name), 50_000_000, () => ({ width, height }));

test('a HEIC comes at the size that is asked of it', async () => {
  const asked: unknown[] = [];
  const made = await heicRaster(imagePath('orientation/6.heic'), 50_000_000, (picture) => {
    asked.push({ width: picture.width, height: picture.height });
    return { width: 64, height: 48 };
  });
  expect(asked).toEqual([{ width: 128, height: 96 }]);
  expect(made).toMatchObject({ width: 64, height: 48, channels: 3, frames: 1 });
  expect(made.pixels.length).toBe(64 * 48 * 3);
});

test.each(['p3.heic', 'p3_nclx.heic'] as const)('the red of %s is the red of sRGB', async (name) => {
  const { topLeft } = cornerColours({
    ...(await raster(name, 32, 32)),
    data: (await raster(name, 32, 32)).pixels,
  });
  expect(colourDistance(topLeft, [255, 0, 0])).toBeLessThan(CORNER_TOLERANCE);
});

test('colours that are sRGB stay as they are', async () => {
  const { pixels } = await raster('photo.heic', 160, 120);
  const scene = await sharp(imagePath('png_named.jpg')).removeAlpha().raw().toBuffer();
  let difference = 0;
  for (const [index, level] of pixels.entries()) difference += Math.abs(level - (scene[index] ?? 0));
  // The chroma of the HEIC has half the resolution.
  expect(difference / pixels.length).toBeLessThan(4);
});

test.each([3, 4] as const)(
  'a raster of %i channels is the same in the TIFF that carries its profile',
  async (channels) => {
    const pixels = Buffer.from(Array.from({ length: 5 * 3 * channels }, (_, index) => (index * 37) % 256));
    const profile = await sharp(imagePath('p3.jpg'))
      .metadata()
      .then(({ icc }) => icc ?? Buffer.alloc(0));
    const tiff = iccTiff({ width: 5, height: 3, channels, frames: 1, pixels }, profile);
    expect((await sharp(tiff).metadata()).icc).toEqual(profile);
    expect(await sharp(tiff, { ignoreIcc: true }).raw().toBuffer()).toEqual(pixels);
  },
);

test('what fails beside a HEIC is not blamed on it', async () => {
  const source = { format: 'heic', maxPixels: 50_000_000, allFrames: false } as const;
  const fault = new Error('the thread of libheif has ended with 1');
  const broken = decode({ ...source, path: imagePath('photo.heic') }, () => {
    throw fault;
  });
  await expect(broken).rejects.toBe(fault);
  const damaged = decode({ ...source, path: imagePath('truncated.heic') }, (size) => size);
  await expect(damaged).rejects.toBeInstanceOf(UnreadableImage);
});
