import { beforeAll, describe, expect, test } from 'vitest';
import { cmykProfile } from '../../../testdata/cmyk-profile.ts';
import type { Triple } from '../../../testdata/matrix.ts';
import { greyProfile, matrixProfile } from '../../../testdata/rgb-profile.ts';
import { ADOBE_RGB } from '../../../testdata/rgb-space.ts';
import { prepareDecoder } from '../../../workers/worker/decoder.ts';
import { cmykJpegOf, jpegOf } from '../../fixtures/pictures/jpeg.ts';
import { patches } from '../../fixtures/pictures/patches.ts';
import { iccChunk, pngOf } from '../../fixtures/pictures/png.ts';
import { tiffOf } from '../../fixtures/pictures/tiff.ts';
import { webpOf } from '../../fixtures/pictures/webp.ts';
import { colourDifference } from '../../helpers/colour-difference.ts';
import { expectShown, levels, shownColours } from '../../helpers/shown-colours.ts';

beforeAll(prepareDecoder);

const WHOLE = matrixProfile(ADOBE_RGB, 2);
const TAG_COUNT_AT = 128;
/** Of the first that is needed: behind name, right to copy and white. */
const RED_TAG_SIZE_AT = TAG_COUNT_AT + 4 + 3 * 12 + 8;

function withNumber(at: number, value: number): Buffer {
  const damaged = Buffer.from(WHOLE);
  damaged.writeUInt32BE(value, at);
  return damaged;
}

const BROKEN: [string, Buffer][] = [
  ['is empty', Buffer.alloc(0)],
  ['is zeros', Buffer.alloc(300)],
  ['ends in its header', WHOLE.subarray(0, 60)],
  ['ends in its tags', WHOLE.subarray(0, WHOLE.length / 2)],
  ['says that it has 2 billion tags', withNumber(TAG_COUNT_AT, 0x7fff_ffff)],
  ['has a tag that is larger than itself', withNumber(RED_TAG_SIZE_AT, 0x7fff_ffff)],
  ['is of inks', cmykProfile()],
  ['is of greys', greyProfile(2.2, 2)],
];

const COLOURS: readonly Triple[] = [
  [0.2, 0.8, 0.4],
  [0.5, 0.5, 0.5],
  [0.9, 0.1, 0.1],
];
const AS_SRGB = COLOURS.map(levels);

describe.each(BROKEN)('an RGB picture whose profile %s is shown as one without', (_, profile) => {
  test.each([
    ['JPEG', () => jpegOf(patches(COLOURS, 8), profile)],
    ['PNG', () => pngOf(patches(COLOURS, 8), iccChunk(profile))],
    ['PNG of 16 bits', () => pngOf(patches(COLOURS, 16), iccChunk(profile))],
    ['WebP', () => webpOf(patches(COLOURS, 8), { profile })],
    ['TIFF of 16 bits', () => tiffOf(patches(COLOURS, 16), { profile })],
  ] as const)('in %s', async (_container, make) => {
    await expectShown(await make(), AS_SRGB);
  });
});

test.each([
  ['JPEG', (profile: Buffer) => jpegOf(patches(COLOURS, 8), profile)] as const,
  ['PNG', (profile: Buffer) => pngOf(patches(COLOURS, 8), iccChunk(profile))] as const,
])('a profile that is shorter than it says is read or left out, in %s', async (_, make) => {
  // Which of the two is the format's library to decide.
  const [green] = await shownColours(await make(withNumber(0, 0x7fff_ffff)), 1);
  expect(green?.[0]).toBeLessThan(60);
  expect(green?.[1]).toBeGreaterThan(200);
});

test.each(BROKEN.filter(([name]) => name !== 'is of inks'))(
  'a picture of inks whose profile %s is shown as printed on common paper',
  async (_, profile) => {
    const inks = [
      [0, 0, 0, 0],
      [1, 0, 0, 0],
      [0, 1, 0, 0],
      [0, 0, 0, 1],
    ];
    const [paper, cyan, magenta, black] = await shownColours(await cmykJpegOf(patches(inks, 8), profile), 4);
    expect(Math.min(...(paper ?? [0]))).toBeGreaterThan(250);
    expect(colourDifference(cyan ?? [0, 0, 0], [0, 154, 228])).toBeLessThan(2);
    expect(colourDifference(magenta ?? [0, 0, 0], [235, 0, 129])).toBeLessThan(2);
    expect(Math.max(...(black ?? [255]))).toBeLessThan(30);
  },
);
