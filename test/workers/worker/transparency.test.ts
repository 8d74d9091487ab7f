import { beforeAll, describe, expect, test } from 'vitest';
import type { RawImage } from '../../../testdata/paint.ts';
import { prepareDecoder } from '../../../workers/worker/decoder.ts';
import { pngOf } from '../../fixtures/pictures/png.ts';
import type { Samples } from '../../fixtures/pictures/samples.ts';
import { tiffOf } from '../../fixtures/pictures/tiff.ts';
import { webpOf } from '../../fixtures/pictures/webp.ts';
import { oneSize, variantsOf } from '../../helpers/variants-of.ts';

beforeAll(prepareDecoder);

const SIDE = 96;
const RADIUS = 40;
const WHITE_DISC = [235, 235, 235, 255];
/** What painting programs leave where nothing shows. */
const CLEAR_BLACK = [0, 0, 0, 0];

function disc(depth: 8 | 16): Samples {
  const levels = Array.from({ length: SIDE * SIDE }, (_, at) =>
    Math.hypot((at % SIDE) - SIDE / 2, Math.floor(at / SIDE) - SIDE / 2) < RADIUS ? WHITE_DISC : CLEAR_BLACK,
  ).flat();
  const data = depth === 8 ? Uint8Array.from(levels) : Uint16Array.from(levels, (level) => level * 257);
  return { data, width: SIDE, height: SIDE, channels: 4 };
}

/** Where 8 bits have too few steps left, and nobody can tell. */
const FAINT = 48;
/** Levels that 8 bits times alpha may cost; a dark fringe would be off by 40 at the least, and by 190 at the most. */
const STEPS = 20;

const PRESET = oneSize(31, 31, [
  { format: 'png' },
  { format: 'webp', quality: 100 },
  { format: 'jpeg', quality: 95 },
]);

describe.each([
  ['PNG', () => pngOf(disc(8))],
  ['PNG of 16 bits', () => pngOf(disc(16))],
  ['WebP', () => webpOf(disc(8), {})],
  ['TIFF', () => tiffOf(disc(8))],
] as const)('around a light disc in a %s', (_, make) => {
  test.each(['png', 'webp'] as const)(
    'what shows through by half is as light as the disc, in %s',
    async (format) => {
      const { data } = await (await variantsOf(await make(), PRESET)).pixels(format);
      let edges = 0;
      for (let at = 0; at < data.length; at += 4) {
        const alpha = data[at + 3] ?? 0;
        if (alpha < FAINT || alpha > 255 - FAINT) continue;
        edges++;
        expect(Math.abs((data[at] ?? 0) - 235), `alpha ${alpha}`).toBeLessThan(STEPS);
      }
      expect(edges).toBeGreaterThan(20);
    },
  );

  test('nothing is darker than the disc on white, in JPEG', async () => {
    const { data } = await (await variantsOf(await make(), PRESET)).pixels('jpeg');
    expect(Math.min(...data)).toBeGreaterThan(225);
  });
});

test('clear pixels of any colour leave no trace on what is beside them', async () => {
  const picture: RawImage = { data: new Uint8Array(SIDE * SIDE * 4), width: SIDE, height: SIDE, channels: 4 };
  for (let at = 0; at < SIDE * SIDE; at++) {
    picture.data.set(at % SIDE < SIDE / 2 ? [20, 120, 220, 255] : [255, 0, 0, 0], at * 4);
  }
  const pixels = await (await variantsOf(pngOf(picture), PRESET)).pixels('png');
  for (let at = 0; at < pixels.data.length; at += 4) {
    if ((pixels.data[at + 3] ?? 0) > 16) expect(pixels.data[at]).toBeLessThan(40);
  }
});
