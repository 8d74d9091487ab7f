import { beforeAll, describe, expect, test } from 'vitest';
import { prepareDecoder } from '../../../workers/worker/decoder.ts';
import { makeVariants } from '../../../workers/worker/pipeline.ts';
import { perform } from '../../../workers/worker/run.ts';
import { UnreadableImage } from '../../../workers/worker/unreadable-image.ts';
import { runOf, runOfImage } from '../../helpers/run-of-image.ts';

// As in a worker: with every loader blocked but those of the accepted formats.
beforeAll(prepareDecoder);

describe('a picture that cannot be decoded', () => {
  test.each([
    'truncated.jpg',
    'truncated.png',
    'truncated.heic',
    'damaged_header.jpg',
    'wrong_magic.jpg',
    'empty.jpg',
    'picture.svg',
  ] as const)('%s is rejected, and nothing is said to be made', async (name) => {
    const run = await runOfImage(name);
    await expect(makeVariants(run)).rejects.toThrow(UnreadableImage);
    expect(await perform(run)).toMatchObject({
      type: 'result',
      runId: run.runId,
      outcome: 'rejected',
      failure: 'image_unreadable',
    });
  });

  test.each([
    ['testimage_small.jpg', 640 * 480 - 1],
    ['photo.heic', 160 * 120 - 1],
    ['huge_declared.png', 50_000_000],
    ['huge_declared.jpg', 50_000_000],
  ] as const)('%s has more pixels than %i, and is rejected as too large', async (name, maxPixels) => {
    expect(await perform(await runOfImage(name, maxPixels))).toMatchObject({
      outcome: 'rejected',
      failure: 'image_too_large',
    });
  });

  test('a picture of just as many pixels as may be is taken', async () => {
    expect(await perform(await runOfImage('testimage_small.jpg', 640 * 480))).toMatchObject({
      outcome: 'succeeded',
    });
  });

  test('an input that is not there is no fault of the picture', async () => {
    for (const format of ['jpeg', 'heic'] as const) {
      const run = await runOf('/nowhere/input', format);
      expect(await perform(run)).toMatchObject({ outcome: 'errored', failure: 'storage_error' });
    }
  });

  test('an output folder that is not there is no fault of the picture', async () => {
    const run = { ...(await runOfImage('testimage_small.jpg')), outputPath: '/nowhere/out' };
    expect(await perform(run)).toMatchObject({ outcome: 'errored', failure: 'storage_error' });
  });
});
