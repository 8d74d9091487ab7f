import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import sharp, { type Sharp } from 'sharp';
import { beforeAll, describe, expect, test } from 'vitest';
import { variantFileName } from '../../../shared/domain/image.ts';
import { ReportedOutput, type RunMessage } from '../../../shared/protocol.ts';
import { CORNERS, cornerColours, nearestCorner } from '../../../testdata/corners.ts';
import { type ImageName, imagePath } from '../../../testdata/expected.ts';
import { ORIENTATIONS } from '../../../testdata/orientation.ts';
import type { RawImage } from '../../../testdata/paint.ts';
import { PRIVATE } from '../../../testdata/private.ts';
import { prepareDecoder } from '../../../workers/worker/decoder.ts';
import { makeVariants } from '../../../workers/worker/pipeline.ts';
import { difference } from '../../helpers/level-difference.ts';
import { ownFolder } from '../../helpers/own-folder.ts';
import { runOf, runOfImage } from '../../helpers/run-of-image.ts';
import { readPixels } from '../../testdata/decode.ts';

// As in a worker: with every loader blocked but those of the accepted formats.
beforeAll(prepareDecoder);

/** All that a run has written, by file name. */
async function variantsOf(run: RunMessage): Promise<Map<string, { output: ReportedOutput; path: string }>> {
  const { outputs } = await makeVariants(run);
  return new Map(
    outputs.map((output) => {
      const fileName = variantFileName(output);
      return [fileName, { output: ReportedOutput.parse(output), path: join(run.outputPath, fileName) }];
    }),
  );
}

/** The pixels of a variant as they are stored: nothing is turned, and no profile is applied. */
async function storedPixels(run: RunMessage, fileName: string): Promise<RawImage> {
  return readPixels(sharp(join(run.outputPath, fileName)));
}

const FILES = ['large.jpg', 'large.webp', 'medium.jpg', 'medium.webp', 'thumb.jpg', 'thumb.webp'];

/** Sizes of large, medium and thumb under the default preset. */
const SIZES: [ImageName, [number, number], [number, number], [number, number]][] = [
  ['testimage_small.jpg', [640, 480], [640, 480], [320, 320]],
  ['testimage_medium.jpg', [1600, 1200], [800, 600], [320, 320]],
  ['testimage_large.jpg', [1600, 1200], [800, 600], [320, 320]],
  ['photo.webp', [320, 240], [320, 240], [240, 240]],
  ['photo.avif', [320, 240], [320, 240], [240, 240]],
  ['photo.heic', [160, 120], [160, 120], [120, 120]],
  ['photo.tiff', [160, 120], [160, 120], [120, 120]],
  ['png_named.jpg', [160, 120], [160, 120], [120, 120]],
  ['palette.png', [320, 240], [320, 240], [240, 240]],
  ['grey16.png', [160, 120], [160, 120], [120, 120]],
  ['cmyk.jpg', [320, 240], [320, 240], [240, 240]],
  ['alpha.png', [160, 120], [160, 120], [120, 120]],
  ['alpha.webp', [320, 240], [320, 240], [240, 240]],
  ['animated.gif', [160, 120], [160, 120], [120, 120]],
  ['animated.webp', [160, 120], [160, 120], [120, 120]],
  ['private.jpg', [320, 240], [320, 240], [240, 240]],
  ['tiny_1x1.png', [1, 1], [1, 1], [1, 1]],
  ['wide_20000x1.png', [1600, 1], [800, 1], [1, 1]],
];

const flat = (side: number, channels: 1 | 2 | 3 | 4, level: number): Sharp => {
  const samples = side * side * channels;
  const data = level > 255 ? new Uint16Array(samples).fill(level) : new Uint8Array(samples).fill(level);
  return sharp(data, { raw: { width: side, height: side, channels } });
};

/** Kinds of pixels that testdata has no file of. */
const ODD_PNGS: [string, () => Sharp][] = [
  ['grey with alpha', () => flat(8, 2, 128).png()],
  ['grey with alpha, 16 bit', () => flat(8, 2, 30_000).toColourspace('grey16').png()],
  ['RGBA, 16 bit', () => flat(8, 4, 30_000).toColourspace('rgb16').png()],
  ['of two colours', () => flat(8, 1, 255).png({ palette: true, colours: 2 })],
];

describe('the variants of a picture', () => {
  test.each(SIZES)('%s are six, of the sizes of the preset, as reported', async (name, ...sizes) => {
    const variants = await variantsOf(await runOfImage(name));
    expect([...variants.keys()].toSorted()).toEqual(FILES);
    const byName = Object.fromEntries(['large', 'medium', 'thumb'].map((it, index) => [it, sizes[index]]));
    for (const { output, path } of variants.values()) {
      const file = await sharp(path).metadata();
      expect([file.width, file.height]).toEqual(byName[output.name]);
      expect([output.width, output.height]).toEqual(byName[output.name]);
      expect(file.format).toBe(output.format);
      expect((await stat(path)).size).toBe(output.bytes);
    }
  });

  test.each(ORIENTATIONS)('are upright for a picture stored with orientation %i', async (orientation) => {
    const run = await runOfImage(`orientation/${orientation}.jpg`);
    const variants = await variantsOf(run);
    expect(variants.get('large.jpg')?.output).toMatchObject({ width: 320, height: 240 });
    for (const fileName of FILES) {
      const colours = cornerColours(await storedPixels(run, fileName));
      for (const corner of CORNERS) expect(nearestCorner(colours[corner]), fileName).toBe(corner);
    }
  });

  test.each(['p3.jpg', 'p3.heic'] as const)(
    'are in sRGB: the red of %s is the red of the web',
    async (name) => {
      const run = await runOfImage(name);
      await makeVariants(run);
      for (const fileName of FILES) {
        const { topLeft } = cornerColours(await storedPixels(run, fileName));
        expect(topLeft[0], fileName).toBeGreaterThan(250);
        expect(Math.max(topLeft[1], topLeft[2]), fileName).toBeLessThan(12);
      }
    },
  );

  test.each(['private.jpg', 'private.heic'] as const)(
    'of %s tell nothing of who took the picture, where, and with what',
    async (name) => {
      const run = await runOfImage(name);
      for (const { path } of (await variantsOf(run)).values()) {
        const { exif, xmp, iptc, icc, orientation, comments } = await sharp(path).metadata();
        expect([exif, xmp, iptc, icc, orientation, comments]).toEqual(Array(6).fill(undefined));
        const bytes = await readFile(path, 'latin1');
        for (const secret of Object.values(PRIVATE)) expect(bytes).not.toContain(secret);
      }
    },
  );

  test('carry no profile of a picture that had one of its own', async () => {
    for (const name of ['p3.jpg', 'p3.heic', 'cmyk.jpg'] as const) {
      for (const { path } of (await variantsOf(await runOfImage(name))).values()) {
        expect((await sharp(path).metadata()).icc).toBeUndefined();
      }
    }
  });

  test.each(['alpha.png', 'alpha.webp', 'alpha.heic'] as const)(
    'of %s fade to white in JPEG and keep their alpha in WebP',
    async (name) => {
      const run = await runOfImage(name);
      await makeVariants(run);
      const jpeg = await storedPixels(run, 'large.jpg');
      expect(jpeg.channels).toBe(3);
      const right = cornerColours(jpeg);
      for (const level of [...right.topRight, ...right.bottomRight]) expect(level).toBeGreaterThan(225);
      expect(nearestCorner(right.topLeft)).toBe('topLeft');

      const webp = await storedPixels(run, 'large.webp');
      expect(webp.channels).toBe(4);
      const alphaAt = (x: number) => webp.data[(Math.floor(webp.height / 2) * webp.width + x) * 4 + 3];
      expect(alphaAt(0)).toBeGreaterThan(250);
      expect(alphaAt(webp.width - 1)).toBeLessThan(5);
    },
  );

  test('of a 16-bit grey picture are its greys', async () => {
    const run = await runOfImage('grey16.png');
    await makeVariants(run);
    const expected = await readPixels(sharp(imagePath('grey16.png')).toColourspace('srgb').removeAlpha());
    const [made, want] = [cornerColours(await storedPixels(run, 'large.jpg')), cornerColours(expected)];
    for (const corner of CORNERS) {
      const [red, green, blue] = made[corner];
      expect(Math.max(red, green, blue) - Math.min(red, green, blue)).toBeLessThan(4);
      expect(Math.abs(red - want[corner][0])).toBeLessThan(6);
    }
  });

  test.each(['animated.gif', 'animated.webp'] as const)('of %s show its first frame', async (name) => {
    const run = await runOfImage(name);
    await makeVariants(run);
    const frame = async (page: number) => readPixels(sharp(imagePath(name), { page }).removeAlpha());
    const made = await storedPixels(run, 'large.jpg');
    const [first, second] = [await frame(0), await frame(1)];
    expect(difference(made, first)).toBeLessThan(difference(made, second));
  });

  test.each(ODD_PNGS)('can be made of a PNG that is %s', async (_, make) => {
    const path = join(await ownFolder(), 'input.png');
    await make().toFile(path);
    const { outputs } = await makeVariants(await runOf(path, 'png'));
    expect(outputs).toHaveLength(FILES.length);
  });
});
