import { beforeAll, describe, test } from 'vitest';
import type { Triple } from '../../../testdata/matrix.ts';
import { prepareDecoder } from '../../../workers/worker/decoder.ts';
import { pngChunk } from '../../fixtures/headers/png.ts';
import { avifOf } from '../../fixtures/pictures/avif.ts';
import { patches } from '../../fixtures/pictures/patches.ts';
import { pngOf } from '../../fixtures/pictures/png.ts';
import { expectShown, levels } from '../../helpers/shown-colours.ts';

beforeAll(prepareDecoder);

const COLOURS: readonly Triple[] = [
  [0.2, 0.8, 0.4],
  [0.5, 0.5, 0.5],
  [0.9, 0.1, 0.1],
];
const SQUARES = patches(COLOURS, 8);

/** libvips and libheif read profiles, and of code points only how luma and chroma are made: wide and bright ones come out pale. */
describe('without a profile, colours are those of sRGB', () => {
  test.each([
    ['sRGB', [0]],
    ['gAMA', [0, 0, 0xb1, 0x8f]],
    ['gAMA', [0, 1, 0x86, 0xa0]],
    ['cICP', [12, 13, 0, 1]],
    ['cICP', [9, 16, 0, 1]],
  ])('whatever the chunk %s of a PNG says: %j', async (type, data) => {
    await expectShown(pngOf(SQUARES, pngChunk(type, data)), COLOURS.map(levels));
  });

  test.each([
    ['sRGB', 1, 13],
    ['BT.709', 1, 1],
    ['Display P3', 12, 13],
    ['BT.2020 in PQ', 9, 16],
    ['nothing', 2, 2],
  ])('whatever the code points of an AVIF say: %s', async (_, primaries, transfer) => {
    await expectShown(await avifOf(SQUARES, { colour: { primaries, transfer } }), COLOURS.map(levels));
  });
});
