import { join } from 'node:path';
import sharp from 'sharp';
import { beforeAll, describe, expect, test } from 'vitest';
import { imagePath } from '../../../../testdata/expected.ts';
import { prepareDecoder } from '../../../../workers/worker/decoder.ts';
import { ownFolder } from '../../../helpers/own-folder.ts';
import { at, made, pixelsOf, presetOf } from './made.ts';

beforeAll(prepareDecoder);

describe('a preset with all formats', () => {
  const ALL = presetOf({
    outputs: [{ format: 'jpeg' }, { format: 'webp' }, { format: 'avif' }, { format: 'png' }],
  });

  test('makes each of a picture with alpha, and all but JPEG keep it', async () => {
    const { files, path } = await made(imagePath('alpha.png'), { preset: ALL });
    expect(files.toSorted()).toEqual(['it.avif', 'it.jpg', 'it.png', 'it.webp']);
    for (const file of files) {
      const { hasAlpha, width, height } = await sharp(path(file)).metadata();
      expect({ file, hasAlpha, width, height }).toEqual({
        file,
        hasAlpha: file !== 'it.jpg',
        width: 100,
        height: 75,
      });
    }
  });

  test('makes no PNG of one without', async () => {
    const { files } = await made(imagePath('testimage_small.jpg'), { preset: ALL });
    expect(files.toSorted()).toEqual(['it.avif', 'it.jpg', 'it.webp']);
  });

  test('counts a picture whose alpha hides nothing as one without', async () => {
    const opaque = join(await ownFolder(), 'input.png');
    await sharp(imagePath('testimage_small.jpg')).ensureAlpha().toFile(opaque);
    const { files, path } = await made(opaque, { preset: ALL });
    expect(files.toSorted()).toEqual(['it.avif', 'it.jpg', 'it.webp']);
    expect((await sharp(path('it.webp')).metadata()).hasAlpha).toBe(false);
  });

  test('makes the same bytes whether one file is encoded at a time or several', async () => {
    const [one, four] = await Promise.all(
      [1, 4].map((encodesAtOnce) => made(imagePath('alpha.png'), { preset: ALL, encodesAtOnce })),
    );
    for (const file of one?.files ?? []) {
      expect(await pixelsOf(String(one?.path(file)))).toEqual(await pixelsOf(String(four?.path(file))));
    }
    expect(four?.outputs).toEqual(one?.outputs);
  });

  test('what is higher in effort is smaller', async () => {
    const bytesAt = async (effort: number) =>
      (
        await made(imagePath('testimage_medium.jpg'), {
          preset: presetOf({ outputs: [{ format: 'webp', effort }] }),
        })
      ).outputs[0]?.bytes;
    expect(await bytesAt(6)).toBeLessThan((await bytesAt(0)) ?? 0);
  });

  test('the background shows through where a format has no alpha', async () => {
    const preset = presetOf({ background: '#2060c0' });
    const { path } = await made(imagePath('alpha.png'), { preset });
    const pixels = await pixelsOf(path('it.jpg'));
    const [red = 0, green = 0, blue = 0] = at(pixels, 99, 40);
    expect(
      [Math.abs(red - 0x20), Math.abs(green - 0x60), Math.abs(blue - 0xc0)].every((off) => off < 8),
    ).toBe(true);
  });
});
