import sharp, { type Sharp } from 'sharp';
import { beforeAll, describe, expect, test } from 'vitest';
import { OUTPUT_FORMATS, type OutputFormat } from '../../../shared/domain/image.ts';
import type { RawImage } from '../../../testdata/paint.ts';
import { renderScene } from '../../../testdata/scene.ts';
import { prepareDecoder } from '../../../workers/worker/decoder.ts';
import { colourOfInk, INK_PROFILE } from '../../fixtures/pictures/inks.ts';
import { cmykJpegOf, ycckJpegOf } from '../../fixtures/pictures/jpeg.ts';
import { pngOf } from '../../fixtures/pictures/png.ts';
import type { Samples } from '../../fixtures/pictures/samples.ts';
import { tiffOf } from '../../fixtures/pictures/tiff.ts';
import { reduced } from '../../helpers/reduce.ts';
import { meanShift, similarity } from '../../helpers/similarity.ts';
import { oneSize, variantsOf } from '../../helpers/variants-of.ts';

beforeAll(prepareDecoder);

const SCENE = renderScene({ width: 480, height: 360, grain: 0 });
const FADED = fading(SCENE);
const PRINTED = printed(renderScene({ width: 240, height: 180, grain: 0 }));
const LARGE = renderScene({ width: 960, height: 720, grain: 0 });
const [WIDTH, HEIGHT] = [200, 150];

const PRESET = oneSize(WIDTH, HEIGHT, [
  { format: 'jpeg', quality: 90 },
  { format: 'webp', quality: 90 },
  { format: 'avif', quality: 80 },
  { format: 'png' },
]);

/** Opaque in the middle, clear at the right and left edges. */
function fading({ data, width, height }: RawImage): RawImage {
  const faded = new Uint8Array(width * height * 4);
  for (let pixel = 0; pixel < width * height; pixel++) {
    faded.set(data.subarray(pixel * 3, pixel * 3 + 3), pixel * 4);
    faded[pixel * 4 + 3] = Math.round(255 * Math.sin((Math.PI * (pixel % width)) / (width - 1)));
  }
  return { data: faded, width, height, channels: 4 };
}

/** The scene in inks, and what they look like. */
function printed({ data, ...size }: RawImage): { ink: Samples; shown: RawImage } {
  const ink: Samples = { ...size, channels: 4, data: new Uint8Array(size.width * size.height * 4) };
  const shown: RawImage = { ...size, data: new Uint8Array(data.length) };
  for (let pixel = 0; pixel < size.width * size.height; pixel++) {
    const inks = [...data.subarray(pixel * 3, pixel * 3 + 3)].map((level) => 255 - level);
    ink.data.set(inks, pixel * 4);
    shown.data.set(
      colourOfInk(inks.map((it) => it / 255)).map((it) => Math.round(it * 255)),
      pixel * 3,
    );
  }
  return { ink, shown };
}

const deep = ({ data, ...rest }: RawImage): Samples => ({
  ...rest,
  data: Uint16Array.from(data, (level) => level * 257),
});

const open = ({ data, ...raw }: RawImage): Sharp => sharp(data, { raw });

type Make = () => Promise<Uint8Array> | Uint8Array;

const INPUTS: [string, Make, RawImage][] = [
  ['JPEG, baseline', () => open(SCENE).jpeg({ quality: 95 }).toBuffer(), SCENE],
  ['JPEG, progressive', () => open(SCENE).jpeg({ quality: 95, progressive: true }).toBuffer(), SCENE],
  ['JPEG, CMYK', () => cmykJpegOf(PRINTED.ink, INK_PROFILE), PRINTED.shown],
  ['JPEG, YCCK', () => ycckJpegOf(PRINTED.ink, INK_PROFILE), PRINTED.shown],
  ['JPEG, five times as large', () => open(LARGE).jpeg({ quality: 95 }).toBuffer(), LARGE],
  ['PNG', () => pngOf(SCENE), SCENE],
  ['PNG, 16 bit', () => pngOf(deep(SCENE)), SCENE],
  ['PNG, interlaced', () => open(SCENE).png({ progressive: true }).toBuffer(), SCENE],
  ['PNG, palette', () => open(SCENE).png({ palette: true }).toBuffer(), SCENE],
  ['PNG, alpha', () => pngOf(FADED), FADED],
  ['PNG, 16 bit, alpha', () => pngOf(deep(FADED)), FADED],
  ['WebP, lossy', () => open(SCENE).webp({ quality: 95 }).toBuffer(), SCENE],
  ['WebP, lossless', () => open(SCENE).webp({ lossless: true }).toBuffer(), SCENE],
  ['WebP, alpha', () => open(FADED).webp({ lossless: true }).toBuffer(), FADED],
  ['AVIF', () => open(SCENE).avif({ quality: 90, effort: 0 }).toBuffer(), SCENE],
  ['AVIF, 10 bit', () => open(SCENE).avif({ quality: 90, effort: 0, bitdepth: 10 }).toBuffer(), SCENE],
  ['AVIF, alpha', () => open(FADED).avif({ quality: 90, effort: 0 }).toBuffer(), FADED],
  ['GIF', () => open(SCENE).gif().toBuffer(), SCENE],
  ['TIFF, strips', () => open(SCENE).tiff({ compression: 'lzw' }).toBuffer(), SCENE],
  [
    'TIFF, tiles',
    () => open(SCENE).tiff({ compression: 'deflate', tile: true, tileWidth: 64, tileHeight: 64 }).toBuffer(),
    SCENE,
  ],
  ['TIFF, JPEG within', () => open(SCENE).tiff({ compression: 'jpeg', quality: 95 }).toBuffer(), SCENE],
  ['TIFF, 16 bit', () => tiffOf(deep(SCENE)), SCENE],
  ['TIFF, alpha', () => tiffOf(FADED), FADED],
];

/** At these qualities the encoders lose about 0.012, WebP's own reduction 0.008, and half a pixel of shift 0.03. */
const LEAST_SIMILARITY: Record<OutputFormat, number> = { jpeg: 0.975, webp: 0.975, avif: 0.975, png: 0.99 };
/** Levels: of 255 about what 8 bits lose, twice, where colour is multiplied by alpha. */
const MOST_SHIFT = 2;

const references = new Map<RawImage, RawImage>();

function referenceOf(original: RawImage): RawImage {
  const reference = references.get(original) ?? reduced(original, WIDTH, HEIGHT);
  references.set(original, reference);
  return reference;
}

describe('the variants look as the picture does, reduced by the textbook', () => {
  test.each(INPUTS)('%s', async (_, make, original) => {
    const expected = referenceOf(original);
    const { outputs, pixels } = await variantsOf(await make(), PRESET);
    const formats = original.channels === 4 ? OUTPUT_FORMATS : OUTPUT_FORMATS.filter((it) => it !== 'png');
    expect(outputs.map(({ format }) => format)).toEqual(formats);
    for (const format of formats) {
      const found = await pixels(format);
      expect(similarity(found, expected), format).toBeGreaterThan(LEAST_SIMILARITY[format]);
      expect(meanShift(found, expected), format).toBeLessThan(MOST_SHIFT);
    }
  });
});

test('the similarity tells a shift of half a pixel', () => {
  const halfAside = { ...SCENE, data: Uint8Array.from(SCENE.data) };
  // Right by one pixel of the picture, which is reduced by 2.4.
  halfAside.data.copyWithin(3, 0, halfAside.data.length - 3);
  const shifted = reduced(halfAside, WIDTH, HEIGHT);
  expect(similarity(shifted, referenceOf(SCENE))).toBeLessThan(0.975);
});
