import { beforeAll, describe, expect, test } from 'vitest';
import { CORNERS, cornerColours, nearestCorner } from '../../../testdata/corners.ts';
import { withSegments } from '../../../testdata/jpeg-segments.ts';
import { ORIENTATIONS, type Orientation, storeAs } from '../../../testdata/orientation.ts';
import type { RawImage } from '../../../testdata/paint.ts';
import { renderScene } from '../../../testdata/scene.ts';
import { prepareDecoder } from '../../../workers/worker/decoder.ts';
import { pngChunk } from '../../fixtures/headers/png.ts';
import { avifOf } from '../../fixtures/pictures/avif.ts';
import { orientationExif } from '../../fixtures/pictures/exif.ts';
import { exifSegment, jpegOf } from '../../fixtures/pictures/jpeg.ts';
import { pngOf } from '../../fixtures/pictures/png.ts';
import { tiffOf } from '../../fixtures/pictures/tiff.ts';
import { webpOf } from '../../fixtures/pictures/webp.ts';
import { oneSize, variantsOf } from '../../helpers/variants-of.ts';

beforeAll(prepareDecoder);

const SCENE = renderScene({ width: 96, height: 72, grain: 0 });
const PRESET = oneSize(64, 64, [{ format: 'webp' }]);

type Holder = (stored: RawImage, orientation: Orientation) => Uint8Array | Promise<Uint8Array>;

/** Every way that a format has to say how it is to be turned. */
const HOLDERS: Record<string, Holder> = {
  'JPEG, by EXIF': async (stored, orientation) =>
    withSegments(await jpegOf(stored), [exifSegment(orientationExif(orientation))]),
  'PNG, by eXIf': (stored, orientation) => pngOf(stored, pngChunk('eXIf', orientationExif(orientation))),
  'WebP, by EXIF': (stored, orientation) => webpOf(stored, { exif: orientationExif(orientation) }),
  'TIFF, by its tag': (stored, orientation) => tiffOf(stored, { orientation }),
  'AVIF, by its properties': (stored, orientation) => avifOf(stored, { orientation }),
  'AVIF, by its properties and not by EXIF beside them': (stored, orientation) =>
    avifOf(stored, { orientation, exif: orientationExif(orientation === 6 ? 3 : 6) }),
};

async function expectUpright(file: Uint8Array): Promise<void> {
  const made = await variantsOf(file, PRESET);
  const pixels = await made.pixels('webp');
  expect(pixels).toMatchObject({ width: 64, height: 48 });
  const colours = cornerColours(pixels);
  expect(CORNERS.map((corner) => nearestCorner(colours[corner]))).toEqual(CORNERS);
}

describe.each(Object.entries(HOLDERS))('%s', (_, hold) => {
  test.each(ORIENTATIONS)('of orientation %i comes out upright', async (orientation) => {
    await expectUpright(await hold(storeAs(orientation, SCENE), orientation));
  });
});

test.each([0, 9, 65_535])('an orientation that there is not, %i, turns nothing', async (orientation) => {
  const jpeg = withSegments(await jpegOf(SCENE), [exifSegment(orientationExif(orientation))]);
  await expectUpright(jpeg);
});
