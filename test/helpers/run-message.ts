import { newImageId, newJobId, newRunId } from '../../shared/domain/ids.ts';
import { DEFAULT_PRESET, recipeFor } from '../../shared/domain/preset.ts';
import type { RunMessage } from '../../shared/protocol.ts';
import { ownFolder } from './own-folder.ts';

/** What a worker is told of a run, with an output folder of the test's own. */
export async function runMessage(
  given: Partial<RunMessage> & Pick<RunMessage, 'inputPath'>,
): Promise<RunMessage> {
  return {
    type: 'run',
    runId: newRunId(),
    jobId: newJobId(),
    imageId: newImageId(),
    requestId: 'request-1',
    outputPath: given.outputPath ?? (await ownFolder()),
    format: 'jpeg',
    recipe: recipeFor(DEFAULT_PRESET, null),
    watermarkPath: null,
    maxPixels: 50_000_000,
    encodesAtOnce: 1,
    ...given,
  };
}
