import { z } from 'zod';
import { ImageId, JobId, RunId, TraceParent } from './ids.ts';
import { Name } from './image.ts';

export const JOB_STATES = ['queued', 'running', 'succeeded', 'failed', 'quarantined', 'cancelled'] as const;
export const JobState = z.enum(JOB_STATES);
export type JobState = z.infer<typeof JobState>;

/** Every move a job may make; a move that is not here is refused by the store. */
export const JOB_TRANSITIONS: Record<JobState, readonly JobState[]> = {
  // succeeded, failed, quarantined: it shared the run of another job
  queued: ['running', 'succeeded', 'failed', 'quarantined', 'cancelled'],
  // queued: interrupted, or to be tried again
  running: ['succeeded', 'failed', 'quarantined', 'queued', 'cancelled'],
  succeeded: [],
  failed: ['queued'],
  quarantined: ['queued'],
  cancelled: [],
};

/** The states from which a job may move to this one: every change of a state is conditional on them. */
export const statesBefore = (state: JobState): JobState[] =>
  JOB_STATES.filter((from) => JOB_TRANSITIONS[from].includes(state));

/** An ended job waits for nothing: only a person's retry moves it again. */
export const hasEnded = (state: JobState): boolean => state !== 'queued' && state !== 'running';

/**
 * How a run ends.
 * - `rejected`: the image is bad; another try cannot help
 * - `errored`: something failed that may work the next time
 * - `crashed`: the worker died of this run: a signal, an exit, no memory
 * - `timed-out`: killed at the deadline, or for a lost heartbeat
 * - `interrupted`: drain, or somebody else ended the worker; never the image's fault
 */
export const RUN_OUTCOMES = [
  'succeeded',
  'rejected',
  'errored',
  'crashed',
  'timed-out',
  'interrupted',
] as const;
export const RunOutcome = z.enum(RUN_OUTCOMES);
export type RunOutcome = z.infer<typeof RunOutcome>;

/** Why a run or a job did not succeed: a stable code, never a message from inside. */
export const FailureCode = z.enum([
  'image_unreadable',
  'image_too_large',
  'worker_error',
  'worker_crashed',
  'out_of_memory',
  'deadline_exceeded',
  'heartbeat_lost',
  'worker_lost',
  'storage_error',
  'original_missing',
  'protocol_error',
  /** A variant would have told more than its picture. */
  'metadata_left',
]);
export type FailureCode = z.infer<typeof FailureCode>;

export const Run = z.object({
  id: RunId,
  /** Where several share the work. */
  node: z.string().optional(),
  workerPid: z.int(),
  startedAt: z.int(),
  endedAt: z.int().nullable(),
  outcome: RunOutcome.nullable(),
  signal: z.string().nullable(),
  exitCode: z.int().nullable(),
  peakRssBytes: z.int().nullable(),
  failure: FailureCode.nullable(),
});
export type Run = z.infer<typeof Run>;

/** The accepted work on one image. Times are in milliseconds since 1970. */
export const Job = z.object({
  id: JobId,
  imageId: ImageId,
  preset: Name,
  state: JobState,
  failure: FailureCode.nullable(),
  /** It comes after all that is waited for: uploaded so, or made anew. */
  isBatch: z.boolean(),
  /** The job whose run is this one's as well, since their images have the same bytes; null where it has its own. */
  sharedRunOf: JobId.nullable(),
  requestId: z.string(),
  /** Of the request that it was accepted with, where traces are exported. */
  trace: TraceParent.optional(),
  createdAt: z.int(),
  updatedAt: z.int(),
});
export type Job = z.infer<typeof Job>;
