import { join } from 'node:path';
import sharp from 'sharp';
import { beforeAll, describe, expect, test } from 'vitest';
import { type ImageName, imagePath } from '../../../../testdata/expected.ts';
import { prepareDecoder } from '../../../../workers/worker/decoder.ts';
import { perform } from '../../../../workers/worker/run.ts';
import { difference } from '../../../helpers/level-difference.ts';
import { ownFolder } from '../../../helpers/own-folder.ts';
import { readPixels } from '../../../testdata/decode.ts';
import { at, made, presetOf, runOf } from './made.ts';

beforeAll(prepareDecoder);

describe('an animation', () => {
  const MOVING = presetOf({ outputs: [{ format: 'webp' }, { format: 'jpeg' }], animated: true });
  const infoOf = (path: string) => sharp(path, { animated: true }).metadata();

  test.each(['animated.gif', 'animated.webp'] as const)(
    '%s keeps its frames and their times in WebP',
    async (name) => {
      const { outputs, path } = await made(imagePath(name), { preset: MOVING });
      const [webp, jpeg] = outputs;
      expect(webp).toMatchObject({ width: 100, height: 75, frames: 4 });
      expect(jpeg).toMatchObject({ width: 100, height: 75, frames: 1 });
      const [from, to] = [await infoOf(imagePath(name)), await infoOf(path('it.webp'))];
      expect(to).toMatchObject({ pages: 4, pageHeight: 75, delay: from.delay, loop: from.loop });
      for (const page of [0, 1, 3]) {
        const expected = await readPixels(
          sharp(imagePath(name), { page }).resize(100, 75, { fit: 'fill' }).removeAlpha(),
        );
        const found = await readPixels(sharp(path('it.webp'), { page }).removeAlpha());
        expect(difference(found, expected), `frame ${page}`).toBeLessThan(6);
      }
    },
  );

  test('whose frames are shown for minutes has them as long as WebP is written with', async () => {
    const { path } = await made(imagePath('slow_frame.gif'), { preset: MOVING });
    expect((await infoOf(imagePath('slow_frame.gif'))).delay?.[0]).toBe(655_350);
    expect((await infoOf(path('it.webp'))).delay?.[0]).toBe(65_535);
  });

  test('is still where the preset does not ask for all frames', async () => {
    const { outputs } = await made(imagePath('animated.gif'), {
      preset: presetOf({ outputs: [{ format: 'webp' }] }),
    });
    expect(outputs).toMatchObject([{ frames: 1 }]);
  });

  test('can be cropped, sharpened and marked, each frame alike', async () => {
    const watermarkPath = join(await ownFolder(), 'mark.png');
    await sharp({ create: { width: 8, height: 8, channels: 4, background: '#ff0000' } }).toFile(
      watermarkPath,
    );
    const preset = presetOf({
      sizes: [
        {
          name: 'it',
          width: 60,
          height: 60,
          fit: 'cover',
          position: 'attention',
          sharpen: true,
          watermark: true,
        },
      ],
      outputs: [{ format: 'webp', quality: 100 }],
      watermark: { sha256: '0'.repeat(64), corner: 'top-left', width: 0.5, margin: 0, opacity: 1 },
      animated: true,
    });
    const { outputs, path } = await made(imagePath('animated.gif'), { preset, watermarkPath });
    // The balloon has left the crop before the last frame, which is then the same as the one before, and joined to it.
    expect(outputs).toMatchObject([{ width: 60, height: 60, frames: 3 }]);
    for (let page = 0; page < 3; page++) {
      const frame = await readPixels(sharp(path('it.webp'), { page }).removeAlpha());
      expect((at(frame, 10, 10)[0] ?? 0) - (at(frame, 10, 10)[1] ?? 0), `frame ${page}`).toBeGreaterThan(200);
    }
  });

  test('of more pixels than may be, over all frames, is rejected', async () => {
    const run = await runOf(imagePath('animated.gif'), { preset: MOVING });
    const frame = 160 * 120;
    expect(await perform({ ...run, maxPixels: 4 * frame - 1 })).toMatchObject({ failure: 'image_too_large' });
    expect(await perform({ ...run, maxPixels: 4 * frame })).toMatchObject({ outcome: 'succeeded' });
  });

  test('a still picture is no animation', async () => {
    const names: ImageName[] = ['alpha.webp', 'testimage_small.jpg', 'photo.tiff', 'photo.avif'];
    for (const name of names) {
      const { outputs } = await made(imagePath(name), { preset: MOVING });
      expect(outputs.map(({ frames }) => frames)).toEqual([1, 1]);
    }
  });
});
