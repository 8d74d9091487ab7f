import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import type { Focus } from '../../../../shared/domain/focus.ts';
import { Preset, recipeFor } from '../../../../shared/domain/preset.ts';
import type { RunMessage } from '../../../../shared/protocol.ts';
import type { Colour, RawImage } from '../../../../testdata/paint.ts';
import { perform } from '../../../../workers/worker/run.ts';
import { ownFolder } from '../../../helpers/own-folder.ts';
import { runMessage } from '../../../helpers/run-message.ts';
import { readPixels } from '../../../testdata/decode.ts';

type PresetInput = Parameters<typeof Preset.parse>[0] & object;

export const ONE_SIZE = { name: 'it', width: 100, height: 100, fit: 'inside' };

export const presetOf = (given: PresetInput): Preset =>
  Preset.parse({ name: 'test', sizes: [ONE_SIZE], outputs: [{ format: 'jpeg' }], ...given });

interface Given {
  preset: Preset;
  focus?: Focus;
  watermarkPath?: string;
  encodesAtOnce?: number;
}

export async function runOf(inputPath: string, { preset, focus, ...given }: Given): Promise<RunMessage> {
  return runMessage({ inputPath, recipe: recipeFor(preset, focus ?? null), ...given });
}

/** Runs a recipe; gives the folder of what it has made. */
export async function made(inputPath: string, given: Given) {
  const run = await runOf(inputPath, given);
  const result = await perform(run);
  if (result.outcome !== 'succeeded') throw new Error(`${result.outcome}: ${result.detail}`);
  const { outputs } = result;
  return {
    outputs,
    path: (file: string) => join(run.outputPath, file),
    files: await readdir(run.outputPath),
  };
}

/** A picture that is painted by a function of the place. */
export async function painted(
  width: number,
  height: number,
  colour: (x: number, y: number) => Colour,
): Promise<string> {
  const data = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) data.set(colour(x, y), (y * width + x) * 3);
  }
  const path = join(await ownFolder(), 'input.png');
  await sharp(data, { raw: { width, height, channels: 3 } }).toFile(path);
  return path;
}

export const pixelsOf = (path: string): Promise<RawImage> => readPixels(sharp(path));

export const at = ({ data, width, channels }: RawImage, x: number, y: number): number[] => [
  ...data.subarray((y * width + x) * channels, (y * width + x) * channels + channels),
];
