import { beforeAll, describe, test } from 'vitest';
import { prepareDecoder } from '../../../workers/worker/decoder.ts';
import { colourOfInk, INK_PROFILE } from '../../fixtures/pictures/inks.ts';
import { cmykJpegOf, ycckJpegOf } from '../../fixtures/pictures/jpeg.ts';
import { patches } from '../../fixtures/pictures/patches.ts';
import type { Samples } from '../../fixtures/pictures/samples.ts';
import { PHOTOMETRIC, tiffOf } from '../../fixtures/pictures/tiff.ts';
import { expectShown, levels } from '../../helpers/shown-colours.ts';

beforeAll(prepareDecoder);

type Container = (samples: Samples, profile?: Uint8Array) => Uint8Array | Promise<Uint8Array>;

describe('inks', () => {
  const INKS = [
    [0, 0, 0, 0],
    [1, 0, 0, 0],
    [0, 1, 0, 0],
    [0, 0, 1, 0],
    [0, 0, 0, 1],
    [0, 0, 0, 0.5],
    [0.2, 0.6, 0.4, 0],
    [0.6, 0.2, 0.1, 0.1],
    [0.1, 0.3, 0.8, 0.2],
    [0.4, 0.4, 0.4, 0.4],
  ];
  const expected = INKS.map((ink) => levels(colourOfInk(ink)));
  const inkTiff: Container = (samples, its) =>
    tiffOf(samples, { photometric: PHOTOMETRIC.cmyk, ...(its && { profile: its }) });

  test.each<[string, 8 | 16, Container]>([
    ['JPEG of CMYK', 8, cmykJpegOf],
    ['JPEG of YCCK', 8, ycckJpegOf],
    ['TIFF', 8, inkTiff],
    ['TIFF of 16 bits', 16, inkTiff],
  ])('in %s are what their profile says', async (_, depth, hold) => {
    await expectShown(await hold(patches(INKS, depth), INK_PROFILE), expected);
  });
});
