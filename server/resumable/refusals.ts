import { PROBLEMS, Problem, type ProblemCode } from '../problem.ts';

export const noSuchUpload = () => new Problem('not_found', 'There is no upload at this address.');

/** @param refusal why it was refused; null: its time is over, or it was given up */
export const uploadEnded = (refusal: string | null) =>
  new Problem(
    'upload_ended',
    refusal === null
      ? 'This upload is at an end, and nothing of it is kept: begin another one.'
      : `The picture was refused (${refusal}), and nothing of it is kept.`,
  );

export const goesOnElsewhere = () =>
  new Problem('wrong_offset', 'Another request goes on with this upload: ask by HEAD how far it is.');

export const wrongOffset = () =>
  new Problem(
    'wrong_offset',
    'The upload has other bytes by now: ask by HEAD how many, and go on from there.',
  );

export const noPlace = () =>
  new Problem(
    'too_many_uploads',
    'As many uploads are open, or wait for a worker, as may be. Begin this one later.',
    { retryAfter: 10 },
  );

/** Refusals of a moment: the same upload may be accepted later. */
const FOR_NOW: ReadonlySet<ProblemCode> = new Set(['key_in_flight', 'upload_too_slow', 'rate_limited']);

/** Whether a picture is refused for good, so that it is of no use to keep its bytes. */
export const isForGood = (error: unknown): error is Problem =>
  error instanceof Problem && PROBLEMS[error.code].status < 500 && !FOR_NOW.has(error.code);
