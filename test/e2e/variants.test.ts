import { createHash } from 'node:crypto';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  CORNER_COLOURS,
  CORNER_TOLERANCE,
  CORNERS,
  colourDistance,
  cornerColours,
  nearestCorner,
} from '../../testdata/corners.ts';
import { type ImageName, imagePath } from '../../testdata/expected.ts';
import { PRIVATE } from '../../testdata/private.ts';
import {
  bytesOf,
  type ImageAnswer,
  imageOf,
  type VariantAnswer,
  variantOf,
} from '../helpers/image-answer.ts';
import { type RunningService, startService } from '../helpers/service.ts';
import { endOf, upload } from '../helpers/upload.ts';
import { decode } from '../testdata/decode.ts';

let service: RunningService;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service[Symbol.asyncDispose]());

async function process(name: ImageName): Promise<ImageAnswer> {
  const accepted = await upload(service, imagePath(name));
  expect(await endOf(service, accepted)).toMatchObject({ status: 'succeeded', failure: null });
  return imageOf(service, accepted);
}

/** All that the manifest says of a file holds for its bytes, and they say nothing more than the picture. */
async function expectTrueAndClean(variant: VariantAnswer): Promise<Buffer> {
  const bytes = await bytesOf(service, variant);
  const { name, format, width, height } = variant;
  expect({ bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') }).toEqual({
    bytes: variant.bytes,
    sha256: variant.sha256,
  });
  const found = await sharp(bytes).metadata();
  expect(found, `${name} ${format}`).toMatchObject({ format, width, height, space: 'srgb' });
  for (const hidden of ['exif', 'icc', 'xmp', 'iptc', 'orientation', 'comments'] as const)
    expect(found[hidden], `${hidden} of ${name} ${format}`).toBeUndefined();
  return bytes;
}

const sizesOf = (image: ImageAnswer) =>
  image.variants.map(({ name, format, width, height }) => `${name} ${format} ${width}x${height}`);

describe('the variants', () => {
  it('are six, and each is what the manifest says, upright, sRGB and without metadata', async () => {
    const image = await process('testimage_medium.jpg');
    expect(sizesOf(image)).toEqual([
      'large jpeg 1600x1200',
      'large webp 1600x1200',
      'medium jpeg 800x600',
      'medium webp 800x600',
      'thumb jpeg 320x320',
      'thumb webp 320x320',
    ]);
    for (const variant of image.variants) {
      const corners = cornerColours(await decode(await expectTrueAndClean(variant)));
      for (const corner of CORNERS) {
        if (variant.name === 'thumb') expect(nearestCorner(corners[corner])).toBe(corner);
        else
          expect(colourDistance(corners[corner], CORNER_COLOURS[corner])).toBeLessThanOrEqual(
            CORNER_TOLERANCE,
          );
      }
    }
  });

  it('are never enlarged', async () => {
    expect(sizesOf(await process('testimage_small.jpg'))).toEqual([
      'large jpeg 640x480',
      'large webp 640x480',
      'medium jpeg 640x480',
      'medium webp 640x480',
      'thumb jpeg 320x320',
      'thumb webp 320x320',
    ]);
    const dot = await process('tiny_1x1.png');
    expect(dot.variants.map(({ width, height }) => [width, height])).toEqual(dot.variants.map(() => [1, 1]));
  });

  it.each([1, 2, 3, 4, 5, 6, 7, 8] as const)('of orientation %i are upright', async (orientation) => {
    const image = await process(`orientation/${orientation}.jpg`);
    for (const variant of image.variants) {
      const { width, height } = variant;
      expect([width, height]).toEqual(variant.name === 'thumb' ? [240, 240] : [320, 240]);
      const corners = cornerColours(await decode(await expectTrueAndClean(variant)));
      expect(CORNERS.map((corner) => nearestCorner(corners[corner]))).toEqual(CORNERS);
    }
  });

  it('tell nothing of who took the picture, where and with what', async () => {
    const image = await process('private.jpg');
    for (const variant of image.variants) {
      const bytes = (await expectTrueAndClean(variant)).toString('latin1');
      for (const secret of Object.values(PRIVATE)) expect(bytes).not.toContain(secret);
    }
  });

  it('come with a receipt: what kinds of metadata the original had, and that none of them is left', async () => {
    const { privacy } = await process('private.jpg');
    const kinds = [
      'position',
      'camera',
      'camera_serial',
      'owner',
      'artist',
      'time',
      'comment',
      'exif',
      'xmp',
      'iptc',
    ];
    expect(privacy).toEqual({ found: kinds, removed: kinds });
    expect((await process('photo.webp')).privacy).toEqual({ found: [], removed: [] });
  });

  it('of a wide gamut have its colours in sRGB', async () => {
    const image = await process('p3.jpg');
    for (const variant of image.variants) {
      const { topLeft } = cornerColours(await decode(await expectTrueAndClean(variant)));
      expect(colourDistance(topLeft, [255, 0, 0])).toBeLessThanOrEqual(CORNER_TOLERANCE);
    }
  });

  it('of CMYK have the colours of the scene in sRGB', async () => {
    const image = await process('cmyk.jpg');
    const corners = cornerColours(await decode(await expectTrueAndClean(variantOf(image, 'large', 'webp'))));
    expect(CORNERS.map((corner) => nearestCorner(corners[corner]))).toEqual(CORNERS);
  });

  it('of a transparent picture keep it in WebP, and are opaque in JPEG', async () => {
    const image = await process('alpha.png');
    expect((await sharp(await bytesOf(service, variantOf(image, 'large', 'webp'))).metadata()).hasAlpha).toBe(
      true,
    );
    expect((await sharp(await bytesOf(service, variantOf(image, 'large', 'jpeg'))).metadata()).hasAlpha).toBe(
      false,
    );
  });

  it('of an animation are its first frame', async () => {
    for (const variant of (await process('animated.gif')).variants) {
      expect((await sharp(await expectTrueAndClean(variant)).metadata()).pages ?? 1).toBe(1);
    }
  });
});
