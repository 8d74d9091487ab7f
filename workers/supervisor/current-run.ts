import type { RunMessage, RunResult, StepName } from '../../shared/protocol.ts';
import type { WorkerState } from '../../shared/queue/hand-off.ts';
import type { Watchdog } from './watchdog.ts';
import type { WorkerEnd } from './worker-end.ts';
import type { RunIds } from './worker-output.ts';

/** A run has four steps; what a worker tells beyond twice as many is ignored. */
export const MOST_STEPS = 8;

export type RunVerdict = { kind: 'result'; result: RunResult } | { kind: 'ended'; end: WorkerEnd };

/** The run that a worker has. */
export interface CurrentRun {
  message: RunMessage;
  /** By `performance.now()`. */
  begunAt: number;
  isStarted: boolean;
  /** What the worker has said last that it begins; null until it has. */
  step: StepName | null;
  /** How often it has said so. */
  steps: number;
  deadline: Watchdog;
  stepped(step: StepName): void;
  settle(verdict: RunVerdict): void;
}

/** A step is only told of: nothing is decided by what a worker says of it. */
export function stepOf(run: CurrentRun, step: StepName): void {
  if (run.steps === MOST_STEPS) return;
  run.steps++;
  run.step = step;
  run.stepped(step);
}

/** @param now by `performance.now()` */
export const runState = (
  { message, begunAt, step }: CurrentRun,
  now: number,
): NonNullable<WorkerState['run']> => ({
  runId: message.runId,
  jobId: message.jobId,
  imageId: message.imageId,
  ms: Math.round(now - begunAt),
  step,
});

/** A run that its worker has not begun is not to blame for its death: the one before it may be, or nobody. */
export function endOf({ isStarted }: CurrentRun, end: WorkerEnd): WorkerEnd {
  const byItself = end.killedFor === null || end.killedFor === 'protocol';
  return byItself && !isStarted ? { ...end, killedFor: 'not-ready' } : end;
}

export const idsOf = ({ requestId, imageId, jobId, runId }: RunMessage): RunIds => ({
  requestId,
  imageId,
  jobId,
  runId,
});
