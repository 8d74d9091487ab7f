import { join } from 'node:path';
import sharp from 'sharp';
import { beforeAll, describe, expect, test } from 'vitest';
import { prepareDecoder } from '../../../../workers/worker/decoder.ts';
import { ownFolder } from '../../../helpers/own-folder.ts';
import { at, made, ONE_SIZE, painted, pixelsOf, presetOf } from './made.ts';

beforeAll(prepareDecoder);

describe('a size with a finish', () => {
  test('that is sharpened has harder edges', async () => {
    const steepest = async (sharpen: boolean) => {
      const preset = presetOf({
        sizes: [{ ...ONE_SIZE, sharpen }],
        outputs: [{ format: 'webp', quality: 100 }],
      });
      const { path } = await made(
        await painted(300, 300, (x) => (x < 150 ? [60, 60, 60] : [190, 190, 190])),
        {
          preset,
        },
      );
      const pixels = await pixelsOf(path('it.webp'));
      const row = Array.from({ length: 100 }, (_, x) => at(pixels, x, 50)[0] ?? 0);
      return Math.max(...row) - Math.min(...row);
    };
    expect(await steepest(true)).toBeGreaterThan((await steepest(false)) + 5);
  });

  /** Red, and clear on its left half. */
  async function mark(): Promise<{ path: string; sha256: string }> {
    const path = join(await ownFolder(), 'mark.png');
    const data = Buffer.from(
      Array.from({ length: 200 }, (_, i) => [255, 0, 0, i % 20 < 10 ? 0 : 255]).flat(),
    );
    await sharp(data, { raw: { width: 20, height: 10, channels: 4 } }).toFile(path);
    return { path, sha256: '0'.repeat(64) };
  }

  const marked = async (corner: string, opacity: number) => {
    const { path: watermarkPath, sha256 } = await mark();
    const preset = presetOf({
      sizes: [
        { ...ONE_SIZE, watermark: true },
        { ...ONE_SIZE, name: 'small', width: 50 },
      ],
      outputs: [{ format: 'webp', quality: 100 }],
      watermark: { sha256, corner, width: 0.4, margin: 0.1, opacity },
    });
    const grey = await painted(100, 100, () => [100, 100, 100]);
    const { path } = await made(grey, { preset, watermarkPath });
    return { it: await pixelsOf(path('it.webp')), small: await pixelsOf(path('small.webp')) };
  };

  test.each([
    ['top-left', 45, 20],
    ['top-right', 85, 20],
    ['bottom-left', 45, 80],
    ['bottom-right', 85, 80],
    ['centre', 65, 50],
  ])(
    'that has the watermark has it %s, where it is not clear, and as strong as asked',
    async (corner, x, y) => {
      const { it } = await marked(corner, 0.5);
      const [red = 0, green = 0] = at(it, x, y);
      expect(Math.abs(red - 178)).toBeLessThan(12);
      expect(Math.abs(green - 50)).toBeLessThan(12);
      // The clear half, and what is outside of it.
      expect(Math.abs((at(it, x - 30, y)[0] ?? 0) - 100)).toBeLessThan(8);
      expect(Math.abs((at(it, x === 85 ? 5 : 95, y)[0] ?? 0) - 100)).toBeLessThan(8);
    },
  );

  test('leaves the other sizes without it', async () => {
    const { small } = await marked('centre', 1);
    expect(Math.abs((at(small, 33, 25)[0] ?? 0) - 100)).toBeLessThan(8);
  });
});
