import sharp from 'sharp';
import { thumbHashToApproximateAspectRatio, thumbHashToAverageRGBA } from 'thumbhash';
import { expect, test } from 'vitest';
import { Description } from '../../../../shared/domain/description.ts';
import { type ImageName, imagePath } from '../../../../testdata/expected.ts';
import { describe } from '../../../../workers/worker/describe/describe.ts';
import { asPicture, draw, type Raster } from '../../../../workers/worker/raster.ts';
import { bitsApart, page, painted, photo } from './pictures.ts';

const described = async (raster: Raster, given: Partial<Parameters<typeof describe>[1]> = {}) =>
  Description.parse(await describe([raster], { ...raster, hasCamera: false, ...given }));

const reduced = (raster: Raster, side: number) =>
  draw(asPicture(raster).resize(side, side, { fit: 'inside' }));

test('a photo has a placeholder of its aspect and colour, and nothing is wrong with it', async () => {
  const { thumbhash, hasAlpha, quality } = await described(await photo());
  const bytes = Buffer.from(thumbhash, 'base64');
  expect(bytes.length).toBeLessThanOrEqual(25);
  expect(thumbHashToApproximateAspectRatio(bytes)).toBeCloseTo(4 / 3, 0);
  expect(hasAlpha).toBe(false);
  expect(quality.verdicts).toEqual([]);
});

test('it is the same whatever sizes the preset has', async () => {
  const large = await photo();
  const medium = await reduced(large, 800);
  const thumb = await reduced(large, 320);
  const of = (...rasters: [Raster, ...Raster[]]) => describe(rasters, { ...large, hasCamera: false });
  const one = await of(large);
  for (const other of [await of(large, medium), await of(large, medium, thumb), await of(medium, thumb)]) {
    expect(bitsApart(one.perceptualHash, other.perceptualHash)).toBeLessThanOrEqual(2);
    expect(other.quality.sharpness).toBeGreaterThan(one.quality.sharpness * 0.85);
    expect(other.quality.sharpness).toBeLessThan(one.quality.sharpness * 1.15);
    expect(other.quality.verdicts).toEqual(one.quality.verdicts);
  }
});

test('a cut-out is described by what is not transparent, and looks like its JPEG', async () => {
  const cutOut = painted(600, 400, (x, y) =>
    (x - 300) ** 2 + (y - 200) ** 2 < 120 ** 2 ? [200, (x * 3) % 256, 40, 255] : [0, 0, 255, 0],
  );
  const found = await described(cutOut);
  expect(found.hasAlpha).toBe(true);
  expect(Number.parseInt(found.colour.slice(5), 16)).toBeLessThan(60);
  expect(thumbHashToAverageRGBA(Buffer.from(found.thumbhash, 'base64')).a).toBeLessThan(0.5);
  const onWhite = await draw(asPicture(cutOut).flatten({ background: '#fff' }));
  expect(bitsApart(found.perceptualHash, (await described(onWhite)).perceptualHash)).toBeLessThanOrEqual(2);
});

test('only the first frame of an animation counts', async () => {
  const first = painted(600, 400, (x) => [x % 256, 40, 40]);
  const pixels = Buffer.concat([first.pixels, Buffer.alloc(first.pixels.length * 2)]);
  expect(await described({ ...first, frames: 3, pixels })).toEqual(await described(first));
});

test('a page of a screen is a screenshot, but not where a camera took it', async () => {
  const screen = page(500, 400, [255, 255, 255], [20, 20, 20]);
  expect((await described(screen)).quality.verdicts).toEqual(['screenshot']);
  expect((await described(screen, { hasCamera: true })).quality.verdicts).toEqual([]);
});

test.for(['tiny_1x1.png', 'wide_20000x1.png'] satisfies ImageName[])(
  '%s is tiny and nothing else',
  async (name) => {
    const raster = await draw(sharp(imagePath(name)).flatten().toColourspace('srgb'));
    expect((await described(raster)).quality.verdicts).toContain('tiny');
    expect((await described(raster)).quality.verdicts).not.toContain('blurry');
  },
);
