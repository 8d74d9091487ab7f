import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { Preset, VariantSpec } from '../../../shared/domain/preset.ts';
import { prepareDecoder } from '../../../workers/worker/decoder.ts';
import { areaAround, planVariants, type Size } from '../../../workers/worker/geometry.ts';
import { pngOf } from '../../fixtures/pictures/png.ts';
import { variantsOf } from '../../helpers/variants-of.ts';

beforeAll(prepareDecoder);

const share = (): fc.Arbitrary<number> => fc.double({ min: 0, max: 1, noNaN: true });

/** As many small numbers as large ones: the faults are at the edges. */
const side = (most: number): fc.Arbitrary<number> =>
  share().map((exponent) => Math.max(1, Math.round(most ** exponent)));

const sizes = (most: number): fc.Arbitrary<Size> => fc.record({ width: side(most), height: side(most) });

const presetSizes = (most: number): fc.Arbitrary<VariantSpec[]> =>
  fc
    .array(fc.record({ fit: fc.constantFrom('inside', 'cover'), width: side(most), height: side(most) }), {
      minLength: 1,
      maxLength: 4,
    })
    .map((specs) => specs.map((spec, index) => VariantSpec.parse({ name: `v${index}`, ...spec })));

describe('whatever the picture and the preset', () => {
  test('a plan enlarges nothing, keeps the aspect within a pixel, and fills what it can', () =>
    fc.assert(
      fc.property(sizes(20_000), presetSizes(16_383), (picture, specs) => {
        const plan = planVariants(picture, specs);
        expect(plan.cuts).toHaveLength(specs.length);
        expectWithin(plan.decoded, picture);
        for (const { spec, scaled, crop } of plan.cuts) {
          expectWithin(scaled, plan.decoded);
          expectWithin(crop, scaled);
          expectWithin(crop, spec);
          expectAspect(scaled, picture);
          expectAspect(crop, spec.fit === 'cover' ? spec : picture);
          const filled = crop.width === spec.width || crop.height === spec.height;
          const whole = crop.width === picture.width || crop.height === picture.height;
          expect(filled || whole, 'as large as it may be').toBe(true);
        }
      }),
      { numRuns: 5_000 },
    ));

  test('the cuts of a plan go from the largest to the smallest', () =>
    fc.assert(
      fc.property(sizes(20_000), presetSizes(16_383), (picture, specs) => {
        const areas = planVariants(picture, specs).cuts.map(({ scaled }) => scaled.width * scaled.height);
        expect(areas).toEqual(areas.toSorted((a, b) => b - a));
      }),
      { numRuns: 1_000 },
    ));

  test('a crop lies within the picture, and its middle as near to the focus as that allows', () =>
    fc.assert(
      fc.property(sizes(20_000), sizes(20_000), share(), share(), (a, b, x, y) => {
        const picture = { width: Math.max(a.width, b.width), height: Math.max(a.height, b.height) };
        const size = { width: Math.min(a.width, b.width), height: Math.min(a.height, b.height) };
        const area = areaAround({ x, y }, picture, size);
        for (const [at, part, whole, focus] of [
          [area.left, area.width, picture.width, x],
          [area.top, area.height, picture.height, y],
        ] as const) {
          expect(at).toBeGreaterThanOrEqual(0);
          expect(at + part).toBeLessThanOrEqual(whole);
          const off = at + part / 2 - focus * whole;
          if (off > 1) expect(at).toBe(0);
          if (off < -1) expect(at + part).toBe(whole);
        }
      }),
      { numRuns: 2_000 },
    ));

  test('the files have the sizes that are reported, which are those of the plan', () =>
    fc.assert(
      fc.asyncProperty(sizes(300), presetSizes(400), async (picture, specs) => {
        await expectPlanned(picture, specs);
      }),
      { numRuns: 40 },
    ));
});

describe('pictures at the edge', () => {
  const EXTREMES: Size[] = [
    { width: 1, height: 1 },
    { width: 1, height: 2 },
    { width: 1, height: 20_000 },
    { width: 20_000, height: 1 },
    { width: 2, height: 16_384 },
    { width: 3, height: 3 },
  ];
  const SPECS = [
    { name: 'large', width: 1600, height: 1600, fit: 'inside' },
    { name: 'flat', width: 1600, height: 1, fit: 'cover' },
    { name: 'thumb', width: 320, height: 320, fit: 'cover' },
    { name: 'dot', width: 1, height: 1, fit: 'inside' },
  ].map((spec) => VariantSpec.parse(spec));

  test.each(EXTREMES)('of $width x $height have every size', async (picture) => {
    await expectPlanned(picture, SPECS);
  });
});

/** Runs a picture of one colour through a worker's pipeline. */
async function expectPlanned({ width, height }: Size, specs: VariantSpec[]): Promise<void> {
  const data = new Uint8Array(width * height * 3).fill(120);
  const preset = Preset.parse({
    name: 'test',
    sizes: specs,
    outputs: [{ format: 'jpeg' }, { format: 'webp' }],
  });
  const made = await variantsOf(pngOf({ data, width, height, channels: 3 }), preset);
  const planned = planVariants({ width, height }, specs).cuts;
  expect(made.outputs).toHaveLength(specs.length * 2);
  for (const { name, format, ...reported } of made.outputs) {
    const crop = planned.find(({ spec }) => spec.name === name)?.crop;
    expect(reported).toMatchObject(crop ?? {});
    const pixels = await made.pixels(format, name);
    expect({ width: pixels.width, height: pixels.height }).toEqual(crop);
    for (const level of pixels.data)
      if (Math.abs(level - 120) > 2) expect.fail(`a level of ${level}, not 120`);
  }
}

/** At least a pixel, and no larger. */
function expectWithin(inner: Size, outer: Size): void {
  const sides = [inner.width, inner.height, outer.width, outer.height];
  const fits =
    sides.every((pixels) => Number.isInteger(pixels) && pixels >= 1) &&
    inner.width <= outer.width &&
    inner.height <= outer.height;
  if (!fits) expect.fail(`${JSON.stringify(inner)} is not within ${JSON.stringify(outer)}`);
}

/** Each side is within a pixel of what the aspect and the other side ask for. */
function expectAspect(is: Size, of: Size): void {
  const byWidth = Math.abs(is.height - (is.width * of.height) / of.width);
  const byHeight = Math.abs(is.width - (is.height * of.width) / of.height);
  if (Math.min(byWidth, byHeight) > 1)
    expect.fail(`${JSON.stringify(is)} has another aspect than ${JSON.stringify(of)}`);
}
