import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import {
  CORNER_COLOURS,
  CORNER_TOLERANCE,
  CORNERS,
  colourDistance,
  cornerColours,
  nearestCorner,
} from '../../testdata/corners.ts';
import { type ImageName, imagePath } from '../../testdata/expected.ts';
import { ORIENTATIONS } from '../../testdata/orientation.ts';
import type { RawImage } from '../../testdata/paint.ts';
import { decode, metadataOf, readPixels } from './decode.ts';

describe('the scene', () => {
  const wholeScenes: ImageName[] = [
    'testimage_small.jpg',
    'testimage_medium.jpg',
    'testimage_200kb.jpg',
    'palette.png',
    'photo.webp',
    'animated.webp',
    'photo.avif',
    'animated.gif',
    'photo.tiff',
  ];

  test.each(wholeScenes)('%s is upright', async (name) => expectUpright(await decode(imagePath(name))));

  test.each(ORIENTATIONS)('orientation/%i.jpg is upright once its tag is obeyed', async (orientation) => {
    expect((await metadataOf(`orientation/${orientation}.jpg`)).orientation).toBe(orientation);
    const shown = await decode(imagePath(`orientation/${orientation}.jpg`));
    expect(shown).toMatchObject({ width: 320, height: 240 });
    expectUpright(shown);
  });

  test.each(ORIENTATIONS.slice(1))(
    'orientation/%i.jpg is not upright if its tag is dropped',
    async (orientation) => {
      const stored = cornerColours(await readPixels(sharp(imagePath(`orientation/${orientation}.jpg`))));
      expect(CORNERS.map((corner) => nearestCorner(stored[corner]))).not.toEqual(CORNERS);
    },
  );

  test('its corners can be told apart in a square crop and in CMYK', async () => {
    const square = sharp(imagePath('testimage_small.jpg')).resize(64, 64, { fit: 'cover' });
    for (const image of [await readPixels(square), await decode(imagePath('cmyk.jpg'))]) {
      const colours = cornerColours(image);
      expect(CORNERS.map((corner) => nearestCorner(colours[corner]))).toEqual(CORNERS);
    }
  });
});

describe('the colours', () => {
  test('p3.jpg is pure red only to those who read its profile', async () => {
    const [red, green, blue] = cornerColours(await decode(imagePath('p3.jpg'))).topLeft;
    expect(colourDistance([red, green, blue], [255, 0, 0])).toBeLessThan(CORNER_TOLERANCE);
    const asStored = await readPixels(sharp(imagePath('p3.jpg'), { ignoreIcc: true }));
    expect(colourDistance(cornerColours(asStored).topLeft, [234, 51, 35])).toBeLessThan(CORNER_TOLERANCE);
  });

  test.each<ImageName>(['alpha.png', 'alpha.webp'])('%s fades softly from left to right', async (name) => {
    const { data, info } = await sharp(imagePath(name))
      .extractChannel('alpha')
      .raw()
      .toBuffer({ resolveWithObject: true });
    const firstRow = data.subarray(0, info.width);
    expect([firstRow.at(0), firstRow.at(-1)]).toEqual([255, 0]);
    expect(new Set(firstRow).size).toBeGreaterThan(info.width / 2);
  });
});

function expectUpright(image: RawImage): void {
  const colours = cornerColours(image);
  for (const corner of CORNERS) {
    expect(colourDistance(colours[corner], CORNER_COLOURS[corner]), corner).toBeLessThan(CORNER_TOLERANCE);
  }
}
