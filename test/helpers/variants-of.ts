import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { type OutputFormat, variantFileName } from '../../shared/domain/image.ts';
import { Preset, recipeFor } from '../../shared/domain/preset.ts';
import type { ReportedOutput, RunMessage } from '../../shared/protocol.ts';
import type { RawImage } from '../../testdata/paint.ts';
import { perform } from '../../workers/worker/run.ts';
import { readPixels } from '../testdata/decode.ts';
import { ownFolder } from './own-folder.ts';
import { runMessage } from './run-message.ts';

export const NAME = 'it';

/** A preset of one size, named {@link NAME}. */
export const oneSize = (
  width: number,
  height: number,
  outputs: { format: OutputFormat; quality?: number }[],
): Preset => Preset.parse({ name: 'test', sizes: [{ name: NAME, width, height, fit: 'inside' }], outputs });

export interface Made {
  outputs: ReportedOutput[];
  /** The pixels of a variant as they are stored: nothing is turned, and no profile is applied. */
  pixels: (format: OutputFormat, name?: string) => Promise<RawImage>;
}

/** What a worker makes of a picture. */
export async function variantsOf(
  picture: Uint8Array | string,
  preset: Preset,
  more: Partial<RunMessage> = {},
): Promise<Made> {
  const inputPath = typeof picture === 'string' ? picture : join(await ownFolder(), 'input');
  if (typeof picture !== 'string') await writeFile(inputPath, picture);
  const run = await runMessage({ inputPath, recipe: recipeFor(preset, null), ...more });
  const result = await perform(run);
  if (result.outcome !== 'succeeded') throw new Error(`${result.outcome}: ${result.detail}`);
  return {
    outputs: result.outputs,
    pixels: (format, name = NAME) =>
      readPixels(sharp(join(run.outputPath, variantFileName({ name, format })), { ignoreIcc: true })),
  };
}
