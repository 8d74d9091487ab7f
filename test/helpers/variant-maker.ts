import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { variantFileName } from '../../shared/domain/image.ts';
import type { ReportedOutput, RunMessage } from '../../shared/protocol.ts';
import type { RunVerdict } from '../../workers/supervisor/current-run.ts';
import type { WorkerProcess } from '../../workers/supervisor/worker-process.ts';
import { DECODER, DESCRIPTION, sha256Of } from './job-records.ts';
import { tinyPicture } from './tiny-picture.ts';

/**
 * A worker in this process, as a runner sees it: writes what the preset asks for, tiny pictures that name the original.
 * @param before sees each run first, and may give it another verdict
 */
export function variantMaker(
  before: (message: RunMessage, original: Buffer) => Promise<RunVerdict | undefined> = async () => undefined,
): WorkerProcess {
  const worker: Pick<WorkerProcess, 'pid' | 'decoder' | 'run'> = {
    pid: 42,
    decoder: DECODER,
    async run(message) {
      const original = await readFile(message.inputPath);
      return (await before(message, original)) ?? makeAll(message, original);
    },
  };
  return worker as WorkerProcess;
}

const SIZE = { width: 10, height: 10 };
const FIGURES = { steps: [], rssBytes: 1_000, peakRssBytes: 2_000 };

async function makeAll({ runId, outputPath, recipe }: RunMessage, original: Buffer): Promise<RunVerdict> {
  const outputs: ReportedOutput[] = [];
  for (const { name } of recipe.preset.sizes) {
    for (const { format } of recipe.preset.outputs) {
      const text = `${name} of ${sha256Of(original)} as ${format}`;
      const picture = tinyPicture(format, SIZE, text);
      await writeFile(join(outputPath, variantFileName({ name, format })), picture);
      outputs.push({ name, format, ...SIZE, bytes: picture.length, frames: 1 });
    }
  }
  const result = { type: 'result', runId, outcome: 'succeeded', pipelineVersion: 7, outputs } as const;
  const told = { description: DESCRIPTION, privacy: { found: [] } };
  return { kind: 'result', result: { ...result, ...told, ...FIGURES } };
}

export const DIES: RunVerdict = {
  kind: 'ended',
  end: { exitCode: null, signal: 'SIGSEGV', killedFor: null },
};

export const rejects = ({ runId }: RunMessage): RunVerdict => ({
  kind: 'result',
  result: {
    type: 'result',
    runId,
    outcome: 'rejected',
    failure: 'image_unreadable',
    detail: 'what libvips says',
    ...FIGURES,
  },
});
