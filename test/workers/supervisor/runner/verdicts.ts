import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type OutputFormat, variantFileName } from '../../../../shared/domain/image.ts';
import { DEFAULT_PRESET } from '../../../../shared/domain/preset.ts';
import type { ReportedOutput, RunMessage, RunResult } from '../../../../shared/protocol.ts';
import type { RunVerdict } from '../../../../workers/supervisor/current-run.ts';
import { DESCRIPTION } from '../../../helpers/job-records.ts';
import { tinyPicture } from '../../../helpers/tiny-picture.ts';
import { DIES } from '../../../helpers/variant-maker.ts';

const SIZE = { width: 10, height: 10 };

export const picture = (name: string, format: OutputFormat): Buffer => tinyPicture(format, SIZE, name);

export const output = (name: string, format: OutputFormat): ReportedOutput => ({
  name,
  format,
  ...SIZE,
  bytes: picture(name, format).length,
  frames: 1,
});

const result = (runId: RunMessage['runId'], outputs: ReportedOutput[]): RunResult => ({
  type: 'result',
  runId,
  outcome: 'succeeded',
  pipelineVersion: 7,
  outputs,
  description: DESCRIPTION,
  privacy: { found: [] },
  steps: [],
  rssBytes: 1_000,
  peakRssBytes: 2_000,
});

/** As a worker should: it writes what the preset asks for, and reports it. */
export async function makeAll({ runId, outputPath, recipe }: RunMessage): Promise<RunVerdict> {
  const outputs: ReportedOutput[] = [];
  for (const { name } of recipe.preset.sizes) {
    for (const { format } of recipe.preset.outputs) {
      await writeFile(join(outputPath, variantFileName({ name, format })), picture(name, format));
      outputs.push(output(name, format));
    }
  }
  return { kind: 'result', result: result(runId, outputs) };
}

export const makeNothing = async ({ runId }: RunMessage): Promise<RunVerdict> => {
  const outputs = DEFAULT_PRESET.sizes.flatMap(({ name }) =>
    DEFAULT_PRESET.outputs.map(({ format }) => output(name, format)),
  );
  return { kind: 'result', result: result(runId, outputs) };
};

/** Each JPEG has a comment of no text behind its first two bytes, and the WebPs are as they should be. */
export async function leaveComments(message: RunMessage): Promise<RunVerdict> {
  const { preset } = message.recipe;
  const outputs: ReportedOutput[] = [];
  for (const { name } of preset.sizes) {
    for (const { format } of preset.outputs) {
      const good = picture(name, format);
      const comment = Buffer.from(format === 'jpeg' ? [0xff, 0xfe, 0, 2] : []);
      const bytes = Buffer.concat([good.subarray(0, 2), comment, good.subarray(2)]);
      await writeFile(join(message.outputPath, variantFileName({ name, format })), bytes);
      outputs.push({ ...output(name, format), bytes: bytes.length });
    }
  }
  return { kind: 'result', result: result(message.runId, outputs) };
}

export const die = (): RunVerdict => DIES;
