import { readFile, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { DEFAULT_PRESET } from '../../../../shared/domain/preset.ts';
import { DESCRIPTION, sha256Of } from '../../../helpers/job-records.ts';
import { DIGEST, ENDED, LIMITS, RECIPE, surroundings, WORK } from './surroundings.ts';
import { makeAll, output, picture } from './verdicts.ts';

describe('a run that succeeds', () => {
  test('is settled once, with the manifest of what was published', async () => {
    const { run, calls, ends, messages, lines } = await surroundings();
    expect(await run()).toEqual(ENDED);
    expect(calls).toEqual(['startRun', 'stageOriginal', 'work', 'free', 'publish', 'finishRun']);
    expect(ends).toEqual([
      {
        runId: messages[0]?.runId,
        jobId: WORK.jobId,
        at: expect.any(Number),
        outcome: 'succeeded',
        failure: null,
        signal: null,
        exitCode: null,
        peakRssBytes: 2_000,
        next: 'succeeded',
        retryInMs: 0,
        published: {
          recipeDigest: DIGEST,
          manifest: {
            pipelineVersion: 7,
            variants: DEFAULT_PRESET.sizes.flatMap(({ name }) =>
              DEFAULT_PRESET.outputs.map(({ format }) => ({
                ...output(name, format),
                sha256: sha256Of(picture(name, format)),
              })),
            ),
            description: DESCRIPTION,
            privacy: { found: [], removed: [] },
          },
        },
      },
    ]);
    expect(lines.filter(({ level }) => level !== 'info')).toEqual([]);
  });

  test('hands its worker the ids of the job, its limits, and a folder of its own', async () => {
    const { run, messages, folder } = await surroundings();
    await run();
    const [message] = messages;
    expect(message).toEqual({
      type: 'run',
      runId: expect.any(String),
      jobId: WORK.jobId,
      imageId: WORK.imageId,
      requestId: 'r-1',
      format: 'png',
      recipe: RECIPE,
      watermarkPath: null,
      encodesAtOnce: 1,
      maxPixels: LIMITS.maxPixels,
      inputPath: join(folder, 'in', message?.runId ?? '', 'input'),
      outputPath: join(folder, 'out'),
    });
  });
});

test('a watermark lies beside the input of the run, and may only be read', async () => {
  const seen: { name: string; bytes: Buffer; mode: number }[] = [];
  const { run } = await surroundings({
    recipe: () => ({ watermark: Buffer.from('a logo') }),
    async work(message) {
      const path = message.watermarkPath ?? '';
      expect(dirname(path)).toBe(dirname(message.inputPath));
      seen.push({ name: basename(path), bytes: await readFile(path), mode: (await stat(path)).mode & 0o777 });
      return makeAll(message);
    },
  });
  expect(await run()).toEqual(ENDED);
  expect(seen).toEqual([{ name: 'watermark.png', bytes: Buffer.from('a logo'), mode: 0o444 }]);
});
