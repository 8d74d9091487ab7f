import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import sharp, { type Metadata } from 'sharp';
import { describe, expect, test } from 'vitest';
import { CORNER_COLOURS, CORNER_TOLERANCE, colourDistance, cornerColours } from '../../testdata/corners.ts';
import { IMAGE_NAMES, IMAGES_FOLDER, type ImageName, imagePath, readmeRow } from '../../testdata/expected.ts';
import { MAKERS } from '../../testdata/makers.ts';
import { PRIVATE } from '../../testdata/private.ts';
import { decode, metadataOf, readPixels } from './decode.ts';

/** A clone of the repository stays quick. */
const MAX_TOTAL_BYTES = 3_000_000;

describe('the folder', () => {
  test('holds the files of the list and no others', async () => {
    const entries = await readdir(IMAGES_FOLDER, { recursive: true });
    const files = entries.map((entry) => entry.replaceAll('\\', '/')).filter((entry) => entry.includes('.'));
    expect(files.toSorted()).toEqual(IMAGE_NAMES.toSorted());
  });

  test('weighs less than 3 MB', async () => {
    const sizes = await Promise.all(IMAGE_NAMES.map(async (name) => (await stat(imagePath(name))).size));
    expect(sizes.reduce((total, size) => total + size)).toBeLessThan(MAX_TOTAL_BYTES);
  });

  test.each(IMAGE_NAMES)('README.md tells what %s is', async (name) => {
    const readme = await readFile(join(IMAGES_FOLDER, '..', 'README.md'), 'utf8');
    expect(readme.split('\n')).toContain(readmeRow(name));
  });
});

describe('the headers', () => {
  const declared: [ImageName, Partial<Metadata>][] = [
    ['testimage_small.jpg', { format: 'jpeg', width: 640, height: 480, space: 'srgb' }],
    ['testimage_medium.jpg', { format: 'jpeg', width: 2000, height: 1500 }],
    ['testimage_large.jpg', { format: 'jpeg', width: 4000, height: 3000 }],
    ['testimage_200kb.jpg', { format: 'jpeg', width: 1600, height: 1200 }],
    ['cmyk.jpg', { format: 'jpeg', space: 'cmyk', channels: 4, hasProfile: true }],
    ['p3.jpg', { format: 'jpeg', hasProfile: true }],
    ['alpha.png', { format: 'png', hasAlpha: true, channels: 4 }],
    ['palette.png', { format: 'png', isPalette: true }],
    ['grey16.png', { format: 'png', depth: 'ushort', space: 'grey16', channels: 1 }],
    ['tiny_1x1.png', { format: 'png', width: 1, height: 1 }],
    ['wide_20000x1.png', { format: 'png', width: 20_000, height: 1 }],
    ['photo.webp', { format: 'webp', hasAlpha: false }],
    ['alpha.webp', { format: 'webp', hasAlpha: true }],
    ['animated.webp', { format: 'webp', pages: 4, delay: [200, 200, 200, 200] }],
    ['photo.avif', { format: 'heif', compression: 'av1' }],
    ['photo.heic', { format: 'heif', compression: 'hevc', width: 160, height: 120 }],
    ['orientation/6.heic', { format: 'heif', compression: 'hevc', width: 128, height: 96 }],
    ['animated.gif', { format: 'gif', pages: 4, delay: [200, 200, 200, 200] }],
    ['photo.tiff', { format: 'tiff', width: 160, height: 120 }],
    ['png_named.jpg', { format: 'png' }],
    ['huge_declared.jpg', { format: 'jpeg', width: 65_500, height: 65_500 }],
    ['huge_declared.png', { format: 'png', width: 60_000, height: 60_000 }],
    ['many_frames.gif', { format: 'gif', pages: 150 }],
    ['slow_frame.gif', { format: 'gif', pages: 2, delay: [655_350, 0] }],
    ['picture.svg', { format: 'svg' }],
  ];

  test.each(declared)('%s is what its name says', async (name, properties) => {
    expect(await metadataOf(name)).toMatchObject(properties);
  });

  test('testimage_200kb.jpg has 200 kB', async () => {
    const { size } = await stat(imagePath('testimage_200kb.jpg'));
    expect(Math.abs(size - 200_000)).toBeLessThan(5_000);
  });
});

describe('private.jpg', () => {
  test.each(Object.entries(PRIVATE))('tells the %s', async (_, secret) => {
    expect(await readFile(imagePath('private.jpg'), 'utf8')).toContain(secret);
  });

  test('has an EXIF position, XMP and IPTC where readers look for them', async () => {
    const { exif, xmpAsString, iptc } = await metadataOf('private.jpg');
    expect(exif?.includes(rationals([51, 1], [28, 1], [4012, 100]))).toBe(true);
    expect(exif?.includes(rationals([0, 1], [0, 1], [531, 100]))).toBe(true);
    expect(exif?.includes(PRIVATE.cameraSerial)).toBe(true);
    expect(xmpAsString).toContain(PRIVATE.xmpLatitude);
    expect(iptc?.includes(PRIVATE.iptcCaption)).toBe(true);
  });
});

test('private.heic tells what private.jpg has in EXIF and XMP', async () => {
  const bytes = await readFile(imagePath('private.heic'), 'utf8');
  const { comment, iptcByLine, iptcCity, iptcCaption, ...secrets } = PRIVATE;
  for (const secret of Object.values(secrets)) expect(bytes).toContain(secret);
});

describe('the damaged files', () => {
  test.each<ImageName>(['truncated.jpg', 'truncated.png'])(
    '%s has a good header and no end',
    async (name) => {
      expect(await metadataOf(name)).toHaveProperty('width');
      await expect(decode(imagePath(name))).rejects.toThrow();
    },
  );

  test('corrupt_body.jpg has a good header, and shows something else', async () => {
    expect(await metadataOf('corrupt_body.jpg')).toMatchObject({ width: 320, height: 240 });
    const shown = cornerColours(await readPixels(sharp(imagePath('corrupt_body.jpg'), { failOn: 'none' })));
    expect(colourDistance(shown.topLeft, CORNER_COLOURS.topLeft)).toBeLessThan(CORNER_TOLERANCE);
    expect(colourDistance(shown.bottomRight, CORNER_COLOURS.bottomRight)).toBeGreaterThan(30);
  });

  test('damaged_header.jpg starts as a JPEG does, and no reader finds a picture', async () => {
    const bytes = await readFile(imagePath('damaged_header.jpg'));
    expect(bytes.subarray(0, 3)).toEqual(Buffer.from([0xff, 0xd8, 0xff]));
    await expect(metadataOf('damaged_header.jpg')).rejects.toThrow();
  });

  test.each<[ImageName, string]>([
    ['frame_outside.gif', 'bad image dimensions'],
    ['countless_items.avif', 'exceeds the security limit'],
  ])('%s asks for what the decoder does not give: %s', async (name, says) => {
    await expect(decode(imagePath(name))).rejects.toThrow(says);
  });

  test('empty.jpg is empty, and wrong_magic.jpg is HTML', async () => {
    expect((await stat(imagePath('empty.jpg'))).size).toBe(0);
    expect(await readFile(imagePath('wrong_magic.jpg'), 'utf8')).toMatch(/^<!doctype html>/);
  });
});

describe('the generator', () => {
  const decodable: ImageName[] = [
    'orientation/6.jpg',
    'private.jpg',
    'cmyk.jpg',
    'alpha.png',
    'animated.gif',
    'p3.jpg',
  ];
  const undecodable: ImageName[] = [
    'damaged_header.jpg',
    'huge_declared.png',
    'wrong_magic.jpg',
    'picture.svg',
    'photo.heic',
    'grid.heic',
    'truncated.heic',
  ];

  test.each(decodable)('still makes the same pixels in %s', async (name) => {
    const made = await decode(Buffer.from(await MAKERS[name]()));
    const committed = await decode(imagePath(name));
    expect(Buffer.compare(made.data, committed.data)).toBe(0);
  });

  test.each(undecodable)('still makes the same bytes in %s', async (name) => {
    expect(await MAKERS[name]()).toEqual(await readFile(imagePath(name)));
  });
});

/** As EXIF stores degrees, minutes and seconds, in the byte order that libexif writes. */
function rationals(...fractions: [number, number][]): Buffer {
  return Buffer.from(Uint32Array.from(fractions.flat()).buffer);
}
