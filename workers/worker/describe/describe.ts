import { rgbaToThumbHash } from 'thumbhash';
import type { Description } from '../../../shared/domain/description.ts';
import type { Size } from '../geometry.ts';
import { asPicture, draw, firstFrame, type Raster } from '../raster.ts';
import { dominantColour } from './dominant-colour.ts';
import { exposureOf } from './exposure.ts';
import { lumaOf } from './luma.ts';
import { pageMarks } from './page-marks.ts';
import { perceptualHash } from './perceptual-hash.ts';
import { sharpness } from './sharpness.ts';
import { MEASURED_SIDE, verdictsOn } from './verdict.ts';

/** In pixels: the hashes and the colour tell nothing finer. ThumbHash takes 100 at the most. */
const COARSE_SIDE = 64;

/**
 * What a picture looks like.
 * @param rasters the whole picture at one size or more, the largest first
 * @param source the upright picture as it was uploaded, and whether its metadata name a camera
 */
export async function describe(
  rasters: readonly [Raster, ...Raster[]],
  source: Size & { hasCamera: boolean },
): Promise<Description> {
  const measured = await within(smallestOf(rasters, MEASURED_SIDE), MEASURED_SIDE);
  const coarse = await within(measured, COARSE_SIDE);
  const luma = lumaOf(measured);
  const exposure = exposureOf(measured, luma);
  const sharp = sharpness(luma);
  const findings = { source, sharpness: sharp, exposure, page: pageMarks(luma), hasCamera: source.hasCamera };
  return {
    thumbhash: thumbhash(coarse),
    colour: dominantColour(coarse),
    perceptualHash: perceptualHash(lumaOf(coarse)),
    hasAlpha: measured.channels === 4,
    quality: {
      sharpness: rounded(sharp),
      brightness: rounded(exposure.brightness),
      shadows: rounded(exposure.shadows),
      highlights: rounded(exposure.highlights),
      verdicts: verdictsOn(findings),
    },
  };
}

/** The smallest raster that has to be reduced to the side, or else the largest of all; its first frame. */
function smallestOf(rasters: readonly [Raster, ...Raster[]], side: number): Raster {
  return firstFrame(rasters.findLast(({ width, height }) => Math.max(width, height) >= side) ?? rasters[0]);
}

async function within(raster: Raster, side: number): Promise<Raster> {
  const { width, height } = raster;
  if (Math.max(width, height) <= side) return raster;
  return draw(asPicture(raster).resize(side, side, { fit: 'inside' }));
}

function thumbhash({ width, height, channels, pixels }: Raster): string {
  const rgba = new Uint8Array(width * height * 4).fill(255);
  for (let pixel = 0; pixel < width * height; pixel++) {
    for (let channel = 0; channel < channels; channel++) {
      rgba[pixel * 4 + channel] = pixels[pixel * channels + channel] ?? 0;
    }
  }
  return Buffer.from(rgbaToThumbHash(width, height, rgba)).toString('base64');
}

/** To a thousandth: more is noise. */
const rounded = (figure: number): number => Math.round(figure * 1000) / 1000;
