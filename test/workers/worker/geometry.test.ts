import { describe, expect, test } from 'vitest';
import { DEFAULT_PRESET, VariantSpec } from '../../../shared/domain/preset.ts';
import { planVariants, type Size } from '../../../workers/worker/geometry.ts';

const spec = (fit: VariantSpec['fit'], width: number, height: number): VariantSpec =>
  VariantSpec.parse({ name: 'it', width, height, fit });
const size = (width: number, height: number): Size => ({ width, height });

function cutOf(picture: Size, wanted: VariantSpec) {
  const [cut] = planVariants(picture, [wanted]).cuts;
  if (!cut) throw new Error('the plan has no cut');
  return cut;
}

describe('a variant of the fit inside', () => {
  test.each([
    ['is scaled down to the width', size(4000, 3000), size(800, 800), size(800, 600)],
    ['is scaled down to the height', size(3000, 4000), size(800, 800), size(600, 800)],
    ['keeps a picture that is just as large', size(800, 600), size(800, 800), size(800, 600)],
    ['never enlarges', size(320, 240), size(800, 800), size(320, 240)],
    ['of one pixel is one pixel', size(1, 1), size(800, 800), size(1, 1)],
    ['of a line stays a line', size(20_000, 1), size(1600, 1600), size(1600, 1)],
    ['of a column stays a column', size(1, 20_000), size(1600, 1600), size(1, 1600)],
    ['rounds to whole pixels', size(1000, 333), size(100, 100), size(100, 33)],
  ])('%s', (_, picture, box, expected) => {
    const cut = cutOf(picture, spec('inside', box.width, box.height));
    expect(cut.scaled).toEqual(expected);
    expect(cut.crop).toEqual(expected);
  });
});

describe('a variant of the fit cover', () => {
  test.each([
    ['is scaled by the shorter side', size(4000, 3000), size(320, 320), size(427, 320), size(320, 320)],
    [
      'is scaled by the shorter side, upright',
      size(3000, 4000),
      size(320, 320),
      size(320, 427),
      size(320, 320),
    ],
    ['takes all of a picture of its aspect', size(640, 480), size(320, 240), size(320, 240), size(320, 240)],
    [
      'of a picture too low keeps its aspect',
      size(4000, 100),
      size(320, 320),
      size(4000, 100),
      size(100, 100),
    ],
    ['of a small picture keeps its aspect', size(100, 50), size(400, 300), size(100, 50), size(67, 50)],
    ['of one pixel is one pixel', size(1, 1), size(320, 320), size(1, 1), size(1, 1)],
    ['of a line is one pixel', size(20_000, 1), size(320, 320), size(20_000, 1), size(1, 1)],
    ['of a column is one pixel', size(1, 20_000), size(320, 320), size(1, 20_000), size(1, 1)],
  ])('%s', (_, picture, box, scaled, crop) => {
    const cut = cutOf(picture, spec('cover', box.width, box.height));
    expect(cut.scaled).toEqual(scaled);
    expect(cut.crop).toEqual(crop);
  });
});

describe('a plan', () => {
  test('goes from the largest cut to the smallest, whatever the order of the preset', () => {
    const specs = DEFAULT_PRESET.sizes.toReversed();
    const { cuts } = planVariants(size(4000, 3000), specs);
    expect(cuts.map((cut) => cut.spec.name)).toEqual(['large', 'medium', 'thumb']);
  });

  test('decodes no more than the largest cut needs', () => {
    expect(planVariants(size(4000, 3000), DEFAULT_PRESET.sizes).decoded).toEqual(size(1600, 1200));
    expect(planVariants(size(640, 480), DEFAULT_PRESET.sizes).decoded).toEqual(size(640, 480));
  });
});
