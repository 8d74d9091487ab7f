import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  CORNER_COLOURS,
  CORNER_TOLERANCE,
  CORNERS,
  colourDistance,
  cornerColours,
} from '../../../../testdata/corners.ts';
import { type ImageName, imagePath } from '../../../../testdata/expected.ts';
import { ascii, box, fullBox, type HeifItem, heif, u32 } from '../../../../testdata/heif-boxes.ts';
import { hevcPcm } from '../../../../testdata/hevc-pcm.ts';
import { ORIENTATIONS } from '../../../../testdata/orientation.ts';
import { decodeHeic } from '../../../../workers/worker/heic/decode-heic.ts';
import { UnreadableImage } from '../../../../workers/worker/unreadable-image.ts';
import { ownFolder } from '../../../helpers/own-folder.ts';

const PIXELS = 50_000_000;
const decoded = (name: ImageName, maxPixels = PIXELS) => decodeHeic(imagePath(name), maxPixels);

describe('a HEIC is decoded', () => {
  test.each([
    ...ORIENTATIONS.map((orientation): ImageName => `orientation/${orientation}.heic`),
    'grid.heic' as const,
    'private.heic' as const,
  ])('%s upright, and turned no more than once', async (name) => {
    const { width, height, channels, pixels } = await decoded(name);
    expect({ width, height, channels, bytes: pixels.length }).toEqual({
      width: 128,
      height: 96,
      channels: 3,
      bytes: 128 * 96 * 3,
    });
    const colours = cornerColours({ data: pixels, width, height, channels });
    for (const corner of CORNERS) {
      expect(colourDistance(colours[corner], CORNER_COLOURS[corner]), corner).toBeLessThan(CORNER_TOLERANCE);
    }
  });

  test('without what lies beyond its edge', async () => {
    expect(await decoded('photo.heic')).toMatchObject({ width: 160, height: 120 });
  });

  test('with its alpha, where it has one', async () => {
    const { width, channels, pixels } = await decoded('alpha.heic');
    expect(channels).toBe(4);
    expect([pixels[3], pixels[(width - 1) * 4 + 3]]).toEqual([255, 0]);
  });

  test('with colours that are not darkened by their alpha, where the file has them so', async () => {
    const flat = (level: number) => ({
      data: new Uint8Array(32 * 32 * 3).fill(level),
      width: 32,
      height: 32,
    });
    const item = (level: number, ...more: Buffer[]): HeifItem => {
      const { configuration, data } = hevcPcm({ ...flat(level), channels: 3 });
      const size = fullBox('ispe', 0, 0, u32(32), u32(32));
      const boxes = [box('hvcC', configuration), size, ...more];
      return { type: 'hvc1', data, properties: boxes.map((it) => ({ box: it, essential: false })) };
    };
    const auxC = fullBox('auxC', 0, 0, ascii('urn:mpeg:mpegB:cicp:systems:auxiliary:alpha\0'));
    const file = heif('heic', [
      { ...item(60), references: [{ type: 'prem', to: [2] }] },
      { ...item(128, auxC), references: [{ type: 'auxl', to: [1] }] },
    ]);
    const path = join(await ownFolder(), 'input');
    await writeFile(path, file);
    expect([...(await decodeHeic(path, PIXELS)).pixels.subarray(0, 4)]).toEqual([120, 120, 120, 128]);
  });

  test('with its profile, or with the number of its primaries', async () => {
    const byProfile = await decoded('p3.heic');
    expect(Buffer.from(byProfile.profile ?? []).toString('latin1', 36, 40)).toBe('acsp');
    expect(await decoded('p3_nclx.heic')).toMatchObject({ profile: null, primaries: 12 });
    expect(await decoded('photo.heic')).toMatchObject({ profile: null, primaries: 1 });
  });

  test('while the event loop of the worker keeps turning', async () => {
    // The code is compiled only once, and not in this thread either.
    await decoded('photo.heic');
    let turns = 0;
    let ended = false;
    const turn = () => {
      turns += 1;
      if (!ended) setImmediate(turn);
    };
    setImmediate(turn);
    await decoded('photo.heic').finally(() => {
      ended = true;
    });
    // A decode in this thread leaves a turn for each of its few messages, and no more.
    expect(turns).toBeGreaterThan(50);
  });

  test('each in a memory of its own, several at a time', async () => {
    const pictures = await Promise.all([decoded('photo.heic'), decoded('photo.heic'), decoded('grid.heic')]);
    expect(pictures[1]?.pixels).toEqual(pictures[0]?.pixels);
    expect(pictures[2]).toMatchObject({ width: 128, height: 96 });
  });
});

describe('a HEIC is refused', () => {
  const failureOf = (path: string, maxPixels = PIXELS) =>
    decodeHeic(path, maxPixels).then(
      () => 'decoded',
      (error: unknown) => (error instanceof UnreadableImage ? error.failure : String(error)),
    );
  const written = async (bytes: Uint8Array) => {
    const path = join(await ownFolder(), 'input');
    await writeFile(path, bytes);
    return path;
  };

  test('that ends before its picture does', async () => {
    expect(await failureOf(imagePath('truncated.heic'))).toBe('image_unreadable');
  });

  test('that is cut anywhere', async () => {
    const file = await readFile(imagePath('p3.heic'));
    for (const share of [0, 0.01, 0.05, 0.1, 0.5, 0.9]) {
      const path = await written(file.subarray(0, Math.floor(file.length * share)));
      expect(await failureOf(path), `${share}`).toBe('image_unreadable');
    }
  });

  test('that is another format', async () => {
    expect(await failureOf(imagePath('photo.avif'))).toBe('image_unreadable');
    expect(await failureOf(imagePath('testimage_small.jpg'))).toBe('image_unreadable');
  });

  test('whose picture is larger than its header says', async () => {
    const file = await readFile(imagePath('photo.heic'));
    const ispe = file.indexOf('ispe');
    file.writeUInt32BE(16, ispe + 8);
    file.writeUInt32BE(16, ispe + 12);
    expect(await failureOf(await written(file))).toBe('image_unreadable');
  });

  test('of more pixels than may be, and not of just as many', async () => {
    expect(await failureOf(imagePath('photo.heic'), 160 * 120 - 1)).toBe('image_too_large');
    expect(await failureOf(imagePath('photo.heic'), 160 * 120)).toBe('decoded');
  });

  test('or else it is no fault of the picture: where it is not there', async () => {
    expect(await failureOf('/nowhere/input')).toMatch(/unable to open/);
  });
});
