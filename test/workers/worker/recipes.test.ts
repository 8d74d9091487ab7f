import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Focus } from '../../../shared/domain/focus.ts';
import { Preset, recipeFor } from '../../../shared/domain/preset.ts';
import type { RunMessage } from '../../../shared/protocol.ts';
import { type ImageName, imagePath } from '../../../testdata/expected.ts';
import type { Colour, RawImage } from '../../../testdata/paint.ts';
import { prepareDecoder } from '../../../workers/worker/decoder.ts';
import { perform } from '../../../workers/worker/run.ts';
import { ownFolder } from '../../helpers/own-folder.ts';
import { runMessage } from '../../helpers/run-message.ts';
import { readPixels } from '../../testdata/decode.ts';

beforeAll(prepareDecoder);

type PresetInput = Parameters<typeof Preset.parse>[0] & object;

const ONE_SIZE = { name: 'it', width: 100, height: 100, fit: 'inside' };

const presetOf = (given: PresetInput): Preset =>
  Preset.parse({ name: 'test', sizes: [ONE_SIZE], outputs: [{ format: 'jpeg' }], ...given });

interface Given {
  preset: Preset;
  focus?: Focus;
  watermarkPath?: string;
  encodesAtOnce?: number;
}

async function runOf(inputPath: string, { preset, focus, ...given }: Given): Promise<RunMessage> {
  return runMessage({ inputPath, recipe: recipeFor(preset, focus ?? null), ...given });
}

/** Runs a recipe; gives the folder of what it has made. */
async function made(inputPath: string, given: Given) {
  const run = await runOf(inputPath, given);
  const result = await perform(run);
  if (result.outcome !== 'succeeded') throw new Error(`${result.outcome}: ${result.detail}`);
  const { outputs } = result;
  return {
    outputs,
    path: (file: string) => join(run.outputPath, file),
    files: await readdir(run.outputPath),
  };
}

/** A picture that is painted by a function of the place. */
async function painted(
  width: number,
  height: number,
  colour: (x: number, y: number) => Colour,
): Promise<string> {
  const data = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) data.set(colour(x, y), (y * width + x) * 3);
  }
  const path = join(await ownFolder(), 'input.png');
  await sharp(data, { raw: { width, height, channels: 3 } }).toFile(path);
  return path;
}

const pixelsOf = (path: string): Promise<RawImage> => readPixels(sharp(path));

const at = ({ data, width, channels }: RawImage, x: number, y: number): number[] => [
  ...data.subarray((y * width + x) * channels, (y * width + x) * channels + channels),
];

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

describe('a cover', () => {
  const square = (position: string) =>
    presetOf({
      sizes: [{ name: 'it', width: 40, height: 40, fit: 'cover', position }],
      outputs: [{ format: 'webp', quality: 100 }],
    });
  /** From left to right ever redder, so that the crop tells where it was taken. */
  const ramp = () => painted(400, 100, (x) => [Math.floor(x / 2), 100, 100]);
  const middleOf = async (preset: Preset, focus?: Focus) => {
    const { path } = await made(await ramp(), { preset, ...(focus && { focus }) });
    return at(await pixelsOf(path('it.webp')), 20, 20)[0] ?? 0;
  };

  test.each([
    [{ x: 0.3, y: 0.5 }, 60],
    [{ x: 0, y: 0 }, 25],
    [{ x: 1, y: 1 }, 175],
    [{ x: 0.125, y: 0.9 }, 25],
  ])('has the focus %o as near to its middle as it can', async (focus, red) => {
    expect(Math.abs((await middleOf(square('focus'), focus)) - red)).toBeLessThan(6);
  });

  test('without a focus, or with one that nobody asks for, keeps the centre', async () => {
    expect(Math.abs((await middleOf(square('focus'))) - 100)).toBeLessThan(6);
    expect(Math.abs((await middleOf(square('centre'), { x: 0, y: 0 })) - 100)).toBeLessThan(6);
  });

  test.each(['attention', 'entropy'])('by %s keeps what there is to see', async (position) => {
    const spotted = await painted(400, 100, (x, y) =>
      Math.hypot(x - 330, y - 50) < 30 ? [(x * 97) % 256, (y * 61) % 256, 20] : [120, 120, 120],
    );
    const { path } = await made(spotted, { preset: square(position) });
    const seen = await pixelsOf(path('it.webp'));
    const plain = seen.data.filter((level, index) => index % 3 === 2 && Math.abs(level - 120) < 10).length;
    expect(plain).toBeLessThan((40 * 40) / 1.5);
  });
});

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

/** The mean difference of two pictures of one size, in levels. */
function difference(a: RawImage, b: RawImage): number {
  expect([a.width, a.height, a.channels]).toEqual([b.width, b.height, b.channels]);
  let sum = 0;
  for (const [index, level] of a.data.entries()) sum += Math.abs(level - (b.data[index] ?? 0));
  return sum / a.data.length;
}
