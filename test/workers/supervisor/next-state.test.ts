import { describe, expect, test } from 'vitest';
import { type FailureCode, RUN_OUTCOMES, type RunOutcome } from '../../../shared/domain/job.ts';
import { MAX_DEATHS, MAX_INTERRUPTS, stateAfter } from '../../../workers/supervisor/next-state.ts';

const MAX_ATTEMPTS = 3;
const HALF = 0.5;

type Earlier = Partial<Record<RunOutcome, number>>;

const decide = (outcome: RunOutcome, outcomes: Earlier = {}, random = HALF, maxAttempts = MAX_ATTEMPTS) =>
  stateAfter({ outcome, failure: null }, { outcomes, decoderDeaths: 0 }, maxAttempts, random);

describe('a job after its run', () => {
  test.each<[RunOutcome, Earlier, 'succeeded' | 'failed' | 'queued']>([
    ['succeeded', {}, 'succeeded'],
    ['succeeded', { errored: 2, crashed: 1, interrupted: 19 }, 'succeeded'],
    ['rejected', {}, 'failed'],
    ['rejected', { interrupted: 3 }, 'failed'],
    ['errored', {}, 'queued'],
    ['errored', { errored: MAX_ATTEMPTS - 2 }, 'queued'],
    ['errored', { errored: MAX_ATTEMPTS - 1 }, 'failed'],
    ['errored', { errored: MAX_ATTEMPTS + 5 }, 'failed'],
    ['crashed', {}, 'queued'],
    ['crashed', { crashed: MAX_DEATHS - 1 }, 'failed'],
    ['crashed', { 'timed-out': 1 }, 'failed'],
    ['timed-out', {}, 'queued'],
    ['timed-out', { 'timed-out': MAX_DEATHS - 1 }, 'failed'],
    ['timed-out', { crashed: 1 }, 'failed'],
    ['interrupted', {}, 'queued'],
    ['interrupted', { interrupted: MAX_INTERRUPTS - 2 }, 'queued'],
    ['interrupted', { interrupted: MAX_INTERRUPTS - 1 }, 'failed'],
    ['interrupted', { interrupted: MAX_INTERRUPTS + 5 }, 'failed'],
  ])('that %s, with %j before, is %s', (outcome, earlier, next) => {
    expect(decide(outcome, earlier).next).toBe(next);
  });

  test.each([
    [MAX_INTERRUPTS - 2, 'queued'],
    [MAX_INTERRUPTS - 1, 'failed'],
  ])('that found no room or no store, as %i before, is %s', (errored, next) => {
    const run = { outcome: 'errored', failure: 'storage_error' } as const;
    expect(stateAfter(run, { outcomes: { errored }, decoderDeaths: 0 }, MAX_ATTEMPTS, HALF).next).toBe(next);
  });

  test.each<[RunOutcome, Earlier]>([
    ['errored', { crashed: 1, 'timed-out': 1, interrupted: 19, succeeded: 9, rejected: 9 }],
    ['crashed', { errored: 9, interrupted: 19, succeeded: 9, rejected: 9 }],
    ['timed-out', { errored: 9, interrupted: 19, succeeded: 9, rejected: 9 }],
    ['interrupted', { errored: 9, crashed: 9, 'timed-out': 9, succeeded: 9, rejected: 9 }],
  ])('that %s is queued again: what ended otherwise is not counted with it', (outcome, others) => {
    expect(decide(outcome, others).next).toBe('queued');
  });

  test.each<[FailureCode, Earlier, number, 'failed' | 'quarantined' | 'queued']>([
    ['worker_crashed', {}, 0, 'queued'],
    ['worker_crashed', { crashed: 1 }, 1, 'quarantined'],
    ['worker_crashed', { crashed: 1, errored: 1, interrupted: 5 }, 1, 'quarantined'],
    ['worker_crashed', { crashed: 1 }, 0, 'failed'],
    ['worker_crashed', { 'timed-out': 1 }, 0, 'failed'],
    ['out_of_memory', { crashed: 1 }, 1, 'failed'],
    ['protocol_error', { crashed: 1 }, 1, 'failed'],
  ])(
    'that crashed of %s, with %j before, %i of them of the decoder, is %s',
    (failure, outcomes, decoderDeaths, next) => {
      const history = { outcomes, decoderDeaths };
      expect(stateAfter({ outcome: 'crashed', failure }, history, MAX_ATTEMPTS, HALF).next).toBe(next);
    },
  );

  test('has one attempt where one is allowed', () => {
    expect(decide('errored', {}, HALF, 1).next).toBe('failed');
  });
});

describe('the time until the job may run again', () => {
  test.each([
    [0, 100, 200],
    [1, 200, 400],
    [2, 400, 800],
    [5, 3_200, 6_400],
    [6, 5_000, 10_000],
    [90, 5_000, 10_000],
  ])('after %i earlier errors is %i to %i ms', (errored, least, most) => {
    expect(decide('errored', { errored }, 0, 100)).toEqual({ next: 'queued', retryInMs: least });
    expect(decide('errored', { errored }, 1, 100)).toEqual({ next: 'queued', retryInMs: most });
  });

  test.each(['crashed', 'timed-out'] as const)('is 100 to 200 ms when it %s', (outcome) => {
    expect(decide(outcome, {}, 0)).toEqual({ next: 'queued', retryInMs: 100 });
    expect(decide(outcome, {}, 1)).toEqual({ next: 'queued', retryInMs: 200 });
  });

  test('is none when it was interrupted', () => {
    expect(decide('interrupted')).toEqual({ next: 'queued', retryInMs: 0 });
  });

  test.each(RUN_OUTCOMES)('is none for a job that has ended (%s)', (outcome) => {
    const ended = decide(outcome, { errored: 9, crashed: 9, interrupted: 99 });
    expect(ended.next).not.toBe('queued');
    expect(ended.retryInMs).toBe(0);
  });
});
