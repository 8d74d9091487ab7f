import sharp, { type Sharp } from 'sharp';
import { outputsFor } from '../../shared/domain/preset.ts';
import type { ReportedOutput, RunMessage } from '../../shared/protocol.ts';
import { decode, type Raster } from './decoder.ts';
import { encode } from './encoder.ts';
import { type Cut, type Plan, planVariants } from './geometry.ts';

/**
 * One upload, one decode, every variant: the picture is decoded once, at the scale of the largest variant,
 * upright and in sRGB; each variant is cut from the smallest raster that still holds enough of it, and encoded
 * in each format from the same pixels.
 * @throws {UnreadableImage} when the fault lies with the picture; anything else may work another time
 */
export async function makeVariants(run: RunMessage): Promise<ReportedOutput[]> {
  const { preset } = run.recipe;
  let plan: Plan | undefined;
  const decoded = await decode(run.inputPath, run.maxPixels, (picture) => {
    plan = planVariants(picture, preset.sizes);
    return plan.decoded;
  });

  const whole: Raster[] = [decoded];
  const outputs: ReportedOutput[] = [];
  for (const cut of plan?.cuts ?? []) {
    const scaled = await scaleFrom(smallestThatHolds(whole, cut), cut);
    whole.push(scaled);
    const raster = await cropTo(scaled, cut);
    for (const output of outputsFor(preset, decoded.channels === 4)) {
      outputs.push(await encode(raster, cut.spec.name, output, preset.background, run.outputPath));
    }
  }
  return outputs;
}

/** Cuts come from the largest to the smallest, so the last raster that is large enough is the smallest one. */
function smallestThatHolds(whole: readonly Raster[], { scaled }: Cut): Raster {
  const raster = whole.findLast(({ width, height }) => width >= scaled.width && height >= scaled.height);
  if (!raster) throw new Error('the plan decodes less than a variant needs');
  return raster;
}

async function scaleFrom(source: Raster, { scaled }: Cut): Promise<Raster> {
  if (source.width === scaled.width && source.height === scaled.height) return source;
  return draw(source, (picture) => picture.resize(scaled.width, scaled.height, { fit: 'fill' }));
}

async function cropTo(source: Raster, { crop }: Cut): Promise<Raster> {
  if (source.width === crop.width && source.height === crop.height) return source;
  const left = Math.floor((source.width - crop.width) / 2);
  const top = Math.floor((source.height - crop.height) / 2);
  return draw(source, (picture) => picture.extract({ left, top, ...crop }));
}

async function draw(source: Raster, step: (picture: Sharp) => Sharp): Promise<Raster> {
  const { width, height, channels } = source;
  const picture = sharp(source.pixels, { raw: { width, height, channels } });
  const { data, info } = await step(picture).raw().toBuffer({ resolveWithObject: true });
  return { width: info.width, height: info.height, channels, pixels: data };
}
