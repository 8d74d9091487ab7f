import { beforeAll, describe, test } from 'vitest';
import { mapTriple, type Triple } from '../../../testdata/matrix.ts';
import type { Colour } from '../../../testdata/paint.ts';
import { greyProfile, matrixProfile, tableProfile } from '../../../testdata/rgb-profile.ts';
import {
  ADOBE_RGB,
  BT2020,
  DISPLAY_P3,
  fromXyz,
  LINEAR_SRGB,
  PROPHOTO,
  type RgbSpace,
  SRGB,
  xyzOf,
} from '../../../testdata/rgb-space.ts';
import { prepareDecoder } from '../../../workers/worker/decoder.ts';
import { avifOf } from '../../fixtures/pictures/avif.ts';
import { jpegOf } from '../../fixtures/pictures/jpeg.ts';
import { patches } from '../../fixtures/pictures/patches.ts';
import { iccChunk, pngOf } from '../../fixtures/pictures/png.ts';
import type { Samples } from '../../fixtures/pictures/samples.ts';
import { tiffOf } from '../../fixtures/pictures/tiff.ts';
import { webpOf } from '../../fixtures/pictures/webp.ts';
import { expectShown, levels } from '../../helpers/shown-colours.ts';

beforeAll(prepareDecoder);

/** Of sRGB: greys, skin, foliage, sky, and what is near to the edge of the gamut. */
const WEB_COLOURS: readonly Triple[] = [
  [0.05, 0.05, 0.05],
  [0.2, 0.2, 0.2],
  [0.46, 0.46, 0.46],
  [0.75, 0.75, 0.75],
  [1, 1, 1],
  [0, 0, 0],
  [0.45, 0.32, 0.27],
  [0.77, 0.59, 0.51],
  [0.37, 0.48, 0.62],
  [0.35, 0.42, 0.26],
  [0.51, 0.5, 0.69],
  [0.4, 0.74, 0.66],
  [0.84, 0.48, 0.17],
  [0.28, 0.36, 0.64],
  [0.76, 0.33, 0.38],
  [0.36, 0.24, 0.41],
  [0.62, 0.73, 0.25],
  [0.89, 0.63, 0.18],
  [0.9, 0.1, 0.1],
  [0.1, 0.8, 0.15],
  [0.1, 0.1, 0.85],
  [0.95, 0.9, 0.1],
  [0.85, 0.1, 0.8],
  [0.1, 0.8, 0.85],
];

/** The edges of a space that is wider than sRGB: in sRGB they are as near as it can come. */
const EDGES: readonly Triple[] = [
  [1, 0, 0],
  [0, 1, 0],
  [0, 0, 1],
  [1, 1, 0],
  [0, 1, 1],
  [1, 0, 1],
];

/** The squares in a container, with their profile where they have one. */
type Container = (samples: Samples, profile?: Uint8Array) => Uint8Array | Promise<Uint8Array>;

const png: Container = (samples, profile) => pngOf(samples, profile ? iccChunk(profile) : []);
const tiff: Container = (samples, profile) => tiffOf(samples, profile && { profile });

const avif: Container = (samples, profile) => avifOf(samples, profile && { profile });

const CONTAINERS: Record<string, { depth: 8 | 16; hold: Container }> = {
  JPEG: { depth: 8, hold: jpegOf },
  PNG: { depth: 8, hold: png },
  'PNG of 16 bits': { depth: 16, hold: png },
  WebP: { depth: 8, hold: (samples, profile) => webpOf(samples, profile ? { profile } : {}) },
  TIFF: { depth: 8, hold: tiff },
  'TIFF of 16 bits': { depth: 16, hold: tiff },
  AVIF: { depth: 8, hold: avif },
  'AVIF of 10 bits': { depth: 16, hold: avif },
};

const PROFILES: [string, RgbSpace, Buffer][] = [
  ['sRGB v2', SRGB, matrixProfile(SRGB, 2)],
  ['sRGB v4', SRGB, matrixProfile(SRGB, 4)],
  ['Display P3', DISPLAY_P3, matrixProfile(DISPLAY_P3, 4)],
  ['Adobe RGB (1998)', ADOBE_RGB, matrixProfile(ADOBE_RGB, 2)],
  ['ProPhoto', PROPHOTO, matrixProfile(PROPHOTO, 2)],
  ['BT.2020', BT2020, matrixProfile(BT2020, 4)],
  ['linear light', LINEAR_SRGB, matrixProfile(LINEAR_SRGB, 4)],
  ['Display P3 in a table of Lab', DISPLAY_P3, tableProfile(DISPLAY_P3)],
];

/** The same values as a file of so many bits can hold them. */
const rounded = (values: readonly Triple[], depth: 8 | 16): Triple[] =>
  values.map((value) => mapTriple(value, (it) => Math.round(it * (2 ** depth - 1)) / (2 ** depth - 1)));

const inSrgb = (space: RgbSpace, values: readonly Triple[]): Colour[] =>
  values.map((value) => levels(fromXyz(SRGB, xyzOf(space, value))));

describe.each(Object.entries(CONTAINERS))('in %s', (_, { depth, hold }) => {
  test.each(PROFILES)(
    '%s shows the colours that are meant, as far as sRGB goes',
    async (_name, space, profile) => {
      const meant = WEB_COLOURS.map((colour) => fromXyz(space, xyzOf(SRGB, colour)));
      const stored = rounded([...meant, ...EDGES], depth);
      await expectShown(await hold(patches(stored, depth), profile), inSrgb(space, stored));
    },
  );

  test('no profile means sRGB', async () => {
    const stored = rounded(WEB_COLOURS, depth);
    await expectShown(await hold(patches(stored, depth)), inSrgb(SRGB, stored));
  });
});

describe('greys', () => {
  const GREYS = [0, 0.1, 0.3, 0.5, 0.8, 1];
  const holders: [string, 8 | 16, Container][] = [
    ['JPEG', 8, jpegOf],
    ['PNG', 8, png],
    ['PNG of 16 bits', 16, png],
    ['TIFF of 16 bits', 16, tiff],
  ];
  test.each(holders)('in %s are as light as their profile says', async (_, depth, hold) => {
    const squares = patches(
      GREYS.map((grey) => [grey]),
      depth,
    );
    for (const [exponent, version] of [
      [1.8, 2],
      [2.2, 2],
      [2.2, 4],
    ] as const) {
      const expected = GREYS.map((grey) => {
        const level = 255 * SRGB.curve.encode(grey ** exponent);
        return [level, level, level] as const;
      });
      await expectShown(await hold(squares, greyProfile(exponent, version)), expected);
    }
  });
});
