import fc from 'fast-check';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import { whyNoWatermark } from '../../../shared/presets/watermark-png.ts';
import { mutantsOf } from '../../helpers/mutants.ts';

const PNG = await sharp({ create: { width: 9, height: 9, channels: 4, background: '#ff000080' } })
  .png()
  .toBuffer();

test('whatever a watermark is, it is one or it is said why not', () => {
  expect(whyNoWatermark(PNG)).toBeNull();
  const anyFile = fc.oneof(
    mutantsOf('png', PNG),
    fc.uint8Array().map((rest) => Buffer.concat([PNG.subarray(0, 8), rest])),
  );
  fc.assert(
    fc.property(anyFile, (file) => {
      const why = whyNoWatermark(file);
      if (why !== null) expect(why).toMatch(/^it (?:is|has) /);
    }),
    { numRuns: 300 },
  );
});
