import { beforeAll, describe, test } from 'vitest';
import { CUBE } from '../../../testdata/cmyk-profile.ts';
import { commonTags, iccFile } from '../../../testdata/icc-file.ts';
import { type Lab, labTable } from '../../../testdata/icc-table.ts';
import { fromXyz, SRGB, xyzOfLab } from '../../../testdata/rgb-space.ts';
import { prepareDecoder } from '../../../workers/worker/decoder.ts';
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
  // Paper is white and all inks are black, as a profile has it that keeps to the media's white: engines see to both on their own.
  const cube = CUBE.map((lab, at): Lab => (at === 0 ? [100, 0, 0] : at % 2 === 1 ? [0, 0, 0] : lab));
  const about = { version: 2, deviceClass: 'prtr', colourSpace: 'CMYK', connectionSpace: 'Lab ' } as const;
  const profile = iccFile(about, [...commonTags(2, 'Darkroom test inks'), ['A2B0', labTable(4, 2, cube)]]);
  const expected = INKS.map((ink) => levels(fromXyz(SRGB, xyzOfLab(labOfInk(cube, ink)))));
  const inkTiff: Container = (samples, its) =>
    tiffOf(samples, { photometric: PHOTOMETRIC.cmyk, ...(its && { profile: its }) });

  test.each<[string, 8 | 16, Container]>([
    ['JPEG of CMYK', 8, cmykJpegOf],
    ['JPEG of YCCK', 8, ycckJpegOf],
    ['TIFF', 8, inkTiff],
    ['TIFF of 16 bits', 16, inkTiff],
  ])('in %s are what their profile says', async (_, depth, hold) => {
    await expectShown(await hold(patches(INKS, depth), profile), expected);
  });
});

/** A table of two points a side as a colour engine reads it: straight along the first ink, and from corner to corner in the others, the largest first. */
function labOfInk(
  cube: readonly Lab[],
  [cyan = 0, magenta = 0, yellow = 0, black = 0]: readonly number[],
): Lab {
  const inks = [
    { amount: magenta, step: 4 },
    { amount: yellow, step: 2 },
    { amount: black, step: 1 },
  ].toSorted((a, b) => b.amount - a.amount);
  const colourAt = (corner: number): Lab => cube[corner] ?? [0, 0, 0];
  const from = (corner: number): Lab => {
    let at = corner;
    let lab = colourAt(at);
    for (const { amount, step } of inks) {
      lab = plus(lab, amount, minus(colourAt(at + step), colourAt(at)));
      at += step;
    }
    return lab;
  };
  const withoutCyan = from(0);
  return plus(withoutCyan, cyan, minus(from(8), withoutCyan));
}

const minus = (a: Lab, b: Lab): Lab => [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
const plus = (a: Lab, share: number, b: Lab): Lab => [
  a[0] + share * b[0],
  a[1] + share * b[1],
  a[2] + share * b[2],
];
