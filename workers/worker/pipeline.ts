import pLimit from 'p-limit';
import type { Description } from '../../shared/domain/description.ts';
import { outputsFor } from '../../shared/domain/preset.ts';
import type { ReportedOutput, RunMessage } from '../../shared/protocol.ts';
import { cropArea } from './crop-area.ts';
import { decode } from './decoder.ts';
import { describe } from './describe/describe.ts';
import { encode } from './encoder.ts';
import { type Cut, type Plan, planVariants, type Size } from './geometry.ts';
import type { Credit } from './metadata/credit.ts';
import { asPicture, crop, draw, type Raster, release } from './raster.ts';
import { Stopwatch } from './stopwatch.ts';
import { withWatermark } from './watermark.ts';

/**
 * One upload, one decode, every variant: the picture is decoded once, at the scale of the largest variant,
 * upright and in sRGB; each variant is cut from the smallest raster that still holds enough of it, and encoded
 * in each format from the same pixels. What the picture looks like is told from those rasters, too.
 * @param found what the metadata of the original are good for: what is kept of them, and whether they name a camera
 * @param stopwatch takes the time of each step
 * @throws {UnreadableImage} when the fault lies with the picture; anything else may work another time
 */
export async function makeVariants(
  run: RunMessage,
  found: { credit: Credit | null; hasCamera: boolean } = { credit: null, hasCamera: false },
  stopwatch = new Stopwatch(),
): Promise<{ outputs: ReportedOutput[]; description: Description }> {
  const { preset } = run.recipe;
  const { inputPath: path, format, maxPixels } = run;
  const source = { path, format, maxPixels, allFrames: preset.animated };
  let upright: Size = { width: 1, height: 1 };
  let plan: Plan | undefined;
  const decoded = await stopwatch.time('decode', () =>
    decode(source, (picture) => {
      upright = { width: picture.width, height: picture.height };
      plan = planVariants(picture, preset.sizes);
      return plan.decoded;
    }),
  );

  const drawn: { name: string; raster: Raster }[] = [];
  const whole: [Raster, ...Raster[]] = [decoded.raster];
  await stopwatch.time('resize', async () => {
    for (const cut of plan?.cuts ?? []) {
      const scaled = await scaleFrom(smallestThatHolds(whole, cut), cut);
      whole.push(scaled);
      drawn.push({ name: cut.spec.name, raster: await finish(scaled, cut, run) });
    }
  });

  const description = await stopwatch.time('describe', () =>
    describe(whole, { ...upright, hasCamera: found.hasCamera }),
  );

  const formats = outputsFor(preset, decoded.raster.channels === 4);
  const { background } = preset;
  const options = { folder: run.outputPath, background, timing: decoded.timing, credit: found.credit };
  const files = drawn.flatMap(({ name, raster }) =>
    formats.map((output) => () => encode(raster, name, output, options)),
  );
  const outputs = await stopwatch.time('encode', () => allDone(files, run.encodesAtOnce));
  for (const raster of [...whole, ...drawn.map((it) => it.raster)]) release(raster);
  return { outputs, description };
}

/** Some at once. After a failure none is begun any more, and it is told when those that were going on have ended. */
async function allDone<T>(tasks: (() => Promise<T>)[], atOnce: number): Promise<T[]> {
  const limit = pLimit({ concurrency: atOnce, rejectOnClear: true });
  const running = tasks.map((task) => limit(task));
  return Promise.all(running).catch(async (error) => {
    limit.clearQueue();
    // What is being written is in the way of the next run.
    await Promise.allSettled(running);
    throw error;
  });
}

/** Cuts come from the largest to the smallest, so the last raster that is large enough is the smallest one. */
function smallestThatHolds(whole: readonly Raster[], { scaled }: Cut): Raster {
  const raster = whole.findLast(({ width, height }) => width >= scaled.width && height >= scaled.height);
  if (!raster) throw new Error('the plan decodes less than a variant needs');
  return raster;
}

async function scaleFrom(source: Raster, { scaled }: Cut): Promise<Raster> {
  if (source.width === scaled.width && source.height === scaled.height) return source;
  return draw(asPicture(source).resize(scaled.width, scaled.height, { fit: 'fill' }), source.frames);
}

/** From the whole picture at the right scale to what is encoded. */
async function finish(scaled: Raster, cut: Cut, run: RunMessage): Promise<Raster> {
  const { focus, preset } = run.recipe;
  let raster = crop(scaled, await cropArea(scaled, cut, focus));
  if (cut.spec.sharpen) raster = await sharpened(raster);
  if (cut.spec.watermark && preset.watermark && run.watermarkPath !== null) {
    raster = await withWatermark(raster, preset.watermark, run.watermarkPath);
  }
  return raster;
}

/** In pixels: the softness that a reduction leaves is about as wide. */
const SHARPEN_SIGMA = 0.6;

const sharpened = (raster: Raster): Promise<Raster> =>
  draw(asPicture(raster).sharpen({ sigma: SHARPEN_SIGMA, m1: 0.5, m2: 1 }), raster.frames);
