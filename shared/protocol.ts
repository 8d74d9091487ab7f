import { z } from 'zod';
import { Description, PrivacyReceipt } from './domain/description.ts';
import { ImageId, JobId, RequestId, RunId } from './domain/ids.ts';
import { InputFormat, Name, OutputFormat } from './domain/image.ts';
import { FailureCode } from './domain/job.ts';
import { Recipe } from './domain/preset.ts';
import { Decoder } from './domain/quarantine.ts';

/**
 * What the supervisor and a worker say to each other over IPC: ids, paths and figures, never pixels.
 * Both sides check what they receive; every text has a bound, so that no message is larger than
 * a few KiB. A message that does not pass ends the worker.
 */

/** The threads that libuv has for libvips. */
export const MOST_ENCODES_AT_ONCE = 4;

/** A path on this machine: absolute, of no more than Linux's PATH_MAX. */
const Path = z.string().startsWith('/').max(4096);

export const RunMessage = z.object({
  type: z.literal('run'),
  runId: RunId,
  jobId: JobId,
  imageId: ImageId,
  requestId: RequestId,
  /** The original, read-only. */
  inputPath: Path,
  /** An empty folder of this run's own. */
  outputPath: Path,
  format: InputFormat,
  recipe: Recipe,
  /** The PNG of the recipe's watermark; null where it has none. */
  watermarkPath: Path.nullable(),
  maxPixels: z.int().min(1),
  /** How many files may be encoded side by side: more than one where cores have nothing else to do. */
  encodesAtOnce: z.int().min(1).max(MOST_ENCODES_AT_ONCE),
});
export type RunMessage = z.infer<typeof RunMessage>;

export const ToWorker = z.discriminatedUnion('type', [
  RunMessage,
  /** Finish what runs, take nothing more, and end. */
  z.object({ type: z.literal('stop') }),
]);
export type ToWorker = z.infer<typeof ToWorker>;

/** A file that the worker says it has written to `outputPath`, named after its variant. */
export const ReportedOutput = z.object({
  name: Name,
  format: OutputFormat,
  width: z.int().min(1).max(16_383),
  height: z.int().min(1).max(16_383),
  bytes: z.int().min(1),
  frames: z.int().min(1).max(999),
});
export type ReportedOutput = z.infer<typeof ReportedOutput>;

/** Figures of the worker process: resident set now and at its highest since the process began. */
const ProcessFigures = { rssBytes: z.int().min(0), peakRssBytes: z.int().min(0) };

/** What a worker does of a run, in this order. */
export const StepName = z.enum(['decode', 'resize', 'describe', 'encode']);
export type StepName = z.infer<typeof StepName>;

/** What a worker did of a run from when to when, in milliseconds since it began. */
export const WorkerStep = z.object({
  name: StepName,
  begin: z.number().min(0),
  ms: z.number().min(0),
});
export type WorkerStep = z.infer<typeof WorkerStep>;

/** Those that it came to, in their order. */
const steps = z.array(WorkerStep).max(8);

export const RunResult = z.discriminatedUnion('outcome', [
  z.object({
    type: z.literal('result'),
    runId: RunId,
    outcome: z.literal('succeeded'),
    pipelineVersion: z.int().min(1),
    outputs: z.array(ReportedOutput).min(1).max(64),
    description: Description,
    /** What was removed is for the supervisor to say. */
    privacy: PrivacyReceipt.pick({ found: true }),
    steps,
    ...ProcessFigures,
  }),
  z.object({
    type: z.literal('result'),
    runId: RunId,
    outcome: z.enum(['rejected', 'errored']),
    failure: FailureCode,
    /** What the decoder said: for the log, never for a client. */
    detail: z.string().max(500),
    steps,
    ...ProcessFigures,
  }),
]);
export type RunResult = z.infer<typeof RunResult>;

export const FromWorker = z.union([
  /** The decoder is loaded: work may come. */
  z.object({ type: z.literal('ready'), decoder: Decoder }),
  /** It has the run: its death is this run's from now on. */
  z.object({ type: z.literal('started'), runId: RunId }),
  /** It begins with this, for whoever watches; nothing depends on it. */
  z.object({ type: z.literal('step'), runId: RunId, step: StepName }),
  /** The event loop turns. */
  z.object({ type: z.literal('heartbeat'), ...ProcessFigures }),
  RunResult,
]);
export type FromWorker = z.infer<typeof FromWorker>;

/** How often a worker says that its event loop turns, in milliseconds. */
export const HEARTBEAT_INTERVAL_MS = 1_000;
