import { rgbaToThumbHash } from 'thumbhash';
import type { Description } from '../../../shared/domain/description.ts';
import type { Size } from '../geometry.ts';
import { asPicture, draw, firstFrame, type Raster } from '../raster.ts';
import { coarse } from './coarse.ts';
import { dominantColour } from './dominant-colour.ts';
import { exposureOf } from './exposure.ts';
import { levelsOf, lumaOf } from './luma.ts';
import { pageMarks } from './page-marks.ts';
import { perceptualHash } from './perceptual-hash.ts';
import { sharpness } from './sharpness.ts';
import { MEASURED_SIDE, verdictsOn } from './verdict.ts';

/** In pixels: the colour and the perceptual hash tell nothing finer. */
const COARSE_SIDE = 64;

/** In pixels: a ThumbHash has seven frequencies along the long side. */
const THUMBHASH_SIDE = 32;

/** A raster so little larger is measured as it is: its sharpness is no further off than by reduction from rasters of other sizes. */
const NEAR_ENOUGH = 1.04;

/**
 * What a picture looks like.
 * @param rasters the whole picture at one size or more, the largest first
 * @param source the upright picture as it was uploaded, and whether its metadata name a camera
 */
export async function describe(
  rasters: readonly [Raster, ...Raster[]],
  source: Size & { hasCamera: boolean },
): Promise<Description> {
  const measured = await atMeasuredSide(firstFrame(smallestOf(rasters, MEASURED_SIDE)));
  const small = coarse(measured, COARSE_SIDE);
  const luma = lumaOf(measured);
  const levels = levelsOf(luma);
  const exposure = exposureOf(measured, levels);
  const sharp = sharpness(luma);
  const findings = {
    source,
    sharpness: sharp,
    exposure,
    page: pageMarks(luma, levels),
    hasCamera: source.hasCamera,
  };
  return {
    thumbhash: thumbhash(coarse(small, THUMBHASH_SIDE)),
    colour: dominantColour(small),
    perceptualHash: perceptualHash(lumaOf(small)),
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

/** The smallest raster that has to be reduced to the side, or else the largest of all. */
function smallestOf(rasters: readonly [Raster, ...Raster[]], side: number): Raster {
  return rasters.findLast(({ width, height }) => Math.max(width, height) >= side) ?? rasters[0];
}

async function atMeasuredSide(raster: Raster): Promise<Raster> {
  if (Math.max(raster.width, raster.height) <= MEASURED_SIDE * NEAR_ENOUGH) return raster;
  return draw(asPicture(raster).resize(MEASURED_SIDE, MEASURED_SIDE, { fit: 'inside' }));
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
