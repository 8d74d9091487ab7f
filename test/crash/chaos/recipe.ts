import type { JobState } from '../../../shared/domain/job.ts';
import { Fault, faultPicture, goodPicture } from '../../fixtures/fault-pictures.ts';
import { oneOf } from './random.ts';

/** What a picture is made of: the same recipe gives the same bytes, so that nobody has to keep those. */
export interface Recipe {
  unique: string;
  /** Null: a good picture. */
  fault: Fault | null;
  /** The fault is committed in the first run of an image alone. */
  once: boolean;
}

export const bytesOf = ({ unique, fault, once }: Recipe): Buffer =>
  Buffer.from(
    fault === null ? goodPicture(unique) : faultPicture(fault, { unique, ...(once && { runs: 1 }) }),
  );

/**
 * How the job of a picture ends that commits its fault at every run. What holds a worker for a whole deadline, or costs
 * twenty of them, is sent less often: the rest of the uploads would only wait for it.
 */
const FAULTS: Record<Fault, { end: JobState; weight: number }> = {
  SIGSEGV: { end: 'quarantined', weight: 10 },
  SIGABRT: { end: 'quarantined', weight: 10 },
  SIGBUS: { end: 'quarantined', weight: 10 },
  SIGILL: { end: 'quarantined', weight: 10 },
  SIGFPE: { end: 'quarantined', weight: 10 },
  SIGTRAP: { end: 'quarantined', weight: 10 },
  SIGKILL: { end: 'failed', weight: 1 },
  SIGTERM: { end: 'failed', weight: 1 },
  'exit-0': { end: 'quarantined', weight: 10 },
  'exit-7': { end: 'quarantined', weight: 10 },
  'uncaught-error': { end: 'quarantined', weight: 10 },
  'unhandled-rejection': { end: 'quarantined', weight: 10 },
  'javascript-loop': { end: 'failed', weight: 1 },
  'blocked-loop': { end: 'failed', weight: 1 },
  SIGSTOP: { end: 'failed', weight: 1 },
  'native-hang': { end: 'failed', weight: 1 },
  // Nobody has it go on, so that it is as SIGSTOP.
  pause: { end: 'failed', weight: 0 },
  allocation: { end: 'failed', weight: 1 },
  'heap-exhausted': { end: 'failed', weight: 1 },
  'growing-memory': { end: 'succeeded', weight: 5 },
  'malformed-message': { end: 'failed', weight: 10 },
  'oversized-message': { end: 'failed', weight: 10 },
  'no-json': { end: 'failed', weight: 10 },
  'half-message-then-death': { end: 'failed', weight: 1 },
  'endless-message': { end: 'failed', weight: 1 },
  'unknown-run': { end: 'failed', weight: 10 },
  'result-twice': { end: 'failed', weight: 10 },
  'ready-twice': { end: 'failed', weight: 10 },
  'leaves-position': { end: 'failed', weight: 10 },
  'answer-then-death': { end: 'failed', weight: 10 },
  'answer-then-disconnect': { end: 'failed', weight: 10 },
  disconnect: { end: 'failed', weight: 10 },
  flood: { end: 'succeeded', weight: 10 },
};

const GOOD_PART = 0.85;
const ONCE_PART = 0.4;

/** Each fault as often as it weighs. */
const DRAW = Fault.options.flatMap((fault) => Array.from({ length: FAULTS[fault].weight }, () => fault));

/**
 * Whether a job of this picture may end so, however often it is interrupted. A death is charged to the run that the
 * worker had then, be it the picture before that did the harm: a picture that has one to answer for is charged twice at
 * times, and one that has none is never.
 */
export const mayEnd = ({ fault, once }: Recipe, state: JobState): boolean =>
  fault === null ? state === 'succeeded' : state === FAULTS[fault].end || (once && state === 'succeeded');

export function newRecipe(random: () => number, unique: string): Recipe {
  const isGood = random() < GOOD_PART;
  const once = random() < ONCE_PART;
  const fault = oneOf(random, DRAW);
  return isGood || !fault ? { unique, fault: null, once: false } : { unique, fault, once };
}

export const nameOf = ({ fault, once }: Recipe): string =>
  fault === null ? 'a good picture' : `${fault}${once ? ' once' : ''}`;
