/** A process that makes variants by sharp alone: the other end of sharp-side.ts. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp, { type Sharp } from 'sharp';
import type { Scenario, Target } from './scenario.ts';
import { eachOf } from './side.ts';

export interface Order {
  way: 'pipeline per output' | 'cascade';
  paths: string[];
  scenario: Scenario;
  atOnce: number;
}

/** As the workers of the service read. */
const OPTIONS = { failOn: 'error', sequentialRead: true } as const;

sharp.concurrency(1);
sharp.cache(false);

process.on('message', (order: Order) => {
  void work(order).then(
    () => process.send?.({ done: true }),
    (error) => process.send?.({ error: String(error) }),
  );
});

async function work({ way, paths, scenario, atOnce }: Order): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'darkroom-bench-'));
  let number = 0;
  try {
    await eachOf(paths, atOnce, async (path) => {
      const name = join(folder, String(number++));
      if (way === 'cascade') await cascade(path, scenario.targets, name);
      else await pipelinePerOutput(path, scenario.targets, name);
    });
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** As most code does it: the picture is decoded for each of its outputs. */
async function pipelinePerOutput(path: string, targets: readonly Target[], name: string): Promise<void> {
  for (const target of targets) {
    const { width, height, fit } = target;
    const picture = sharp(path, OPTIONS)
      .autoOrient()
      .resize(width, height, { fit, withoutEnlargement: true });
    await encoded(picture, target).toFile(`${name}-${target.name}.${target.format}`);
  }
}

/** One decode; each size from the one before it; each format from the same pixels. With one output it is one pipeline. */
async function cascade(path: string, targets: readonly Target[], name: string): Promise<void> {
  if (targets.length === 1) return pipelinePerOutput(path, targets, name);
  let from: Sharp = sharp(path, OPTIONS).autoOrient();
  for (const size of new Set(targets.map((target) => target.name))) {
    const same = targets.filter((target) => target.name === size);
    const [first] = same;
    if (!first) continue;
    const { width, height, fit } = first;
    const resized = from.resize(width, height, { fit, withoutEnlargement: true });
    const { data, info } = await resized.raw().toBuffer({ resolveWithObject: true });
    const raw = { width: info.width, height: info.height, channels: info.channels };
    for (const target of same) {
      await encoded(sharp(data, { raw }), target).toFile(`${name}-${size}.${target.format}`);
    }
    from = sharp(data, { raw });
  }
}

function encoded(picture: Sharp, { format, quality, effort }: Target): Sharp {
  return format === 'jpeg' ? picture.jpeg({ quality, progressive: true }) : picture.webp({ quality, effort });
}
