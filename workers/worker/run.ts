import { PIPELINE_VERSION } from '../../shared/domain/image.ts';
import type { FailureCode } from '../../shared/domain/job.ts';
import type { RunMessage, RunResult, StepName } from '../../shared/protocol.ts';
import { foundMetadata } from './metadata/found-metadata.ts';
import { makeVariants } from './pipeline.ts';
import { Stopwatch } from './stopwatch.ts';
import { OUT_OF_MEMORY, UnreadableImage } from './unreadable-image.ts';

/** Bytes of memory that the process holds, now and at the most. */
export function processFigures(): { rssBytes: number; peakRssBytes: number } {
  // getrusage(2) counts maxrss in KiB on Linux; libuv gives the same on macOS.
  return { rssBytes: process.memoryUsage.rss(), peakRssBytes: process.resourceUsage().maxRSS * 1024 };
}

/**
 * Runs a job and says how it ended; it never throws.
 * @param begun is told of each step that begins
 */
export async function perform(
  run: RunMessage,
  begun: (step: StepName) => void = () => {},
): Promise<RunResult> {
  const { runId } = run;
  const stopwatch = new Stopwatch(begun);
  const { steps } = stopwatch;
  try {
    const metadata = foundMetadata(run.inputPath, run.format);
    const { outputs, description } = await makeVariants(
      run,
      {
        credit: run.recipe.preset.keepCopyright ? metadata : null,
        hasCamera: metadata.found.includes('camera'),
      },
      stopwatch,
    );
    return {
      type: 'result',
      runId,
      outcome: 'succeeded',
      pipelineVersion: PIPELINE_VERSION,
      outputs,
      description,
      privacy: { found: metadata.found },
      steps,
      ...processFigures(),
    };
  } catch (error) {
    const rejected = error instanceof UnreadableImage;
    return {
      type: 'result',
      runId,
      outcome: rejected ? 'rejected' : 'errored',
      failure: rejected ? error.failure : machineFailure(error),
      detail: detailOf(error, run.inputPath),
      steps,
      ...processFigures(),
    };
  }
}

/** The end of what libvips says is the cause; the beginning may be page upon page of what led to it. */
function detailOf(error: unknown, inputPath: string): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.replaceAll(inputPath, 'input').slice(-500);
}

function machineFailure(error: unknown): FailureCode {
  const text = String(error);
  if (OUT_OF_MEMORY.test(text)) return 'out_of_memory';
  return /^Error: E[A-Z]+: |unable to (?:open|create|write)|missing|system error/i.test(text)
    ? 'storage_error'
    : 'worker_error';
}
