import { describe, expect, test } from 'vitest';
import { hasEnded, JOB_STATES, JOB_TRANSITIONS, type JobState } from '../../../shared/domain/job.ts';

/** Written out from the design: each row tells where a job may go from there. */
const EXPECTED: Record<JobState, Record<JobState, boolean>> = {
  queued: row(false, true, true, true, true, true),
  running: row(true, false, true, true, true, true),
  succeeded: row(false, false, false, false, false, false),
  failed: row(true, false, false, false, false, false),
  quarantined: row(true, false, false, false, false, false),
  cancelled: row(false, false, false, false, false, false),
};

function row(
  queued: boolean,
  running: boolean,
  succeeded: boolean,
  failed: boolean,
  quarantined: boolean,
  cancelled: boolean,
): Record<JobState, boolean> {
  return { queued, running, succeeded, failed, quarantined, cancelled };
}

const PAIRS = JOB_STATES.flatMap((from) => JOB_STATES.map((to) => [from, to, EXPECTED[from][to]] as const));

describe('a job', () => {
  test('has six states, and so 36 pairs of them', () => {
    expect(PAIRS).toHaveLength(36);
  });

  test.each(PAIRS)('goes from %s to %s: %s', (from, to, allowed) => {
    expect(JOB_TRANSITIONS[from].includes(to)).toBe(allowed);
  });

  test('goes nowhere twice in the table', () => {
    for (const state of JOB_STATES)
      expect(new Set(JOB_TRANSITIONS[state]).size).toBe(JOB_TRANSITIONS[state].length);
  });

  test.each([
    ['queued', false],
    ['running', false],
    ['succeeded', true],
    ['failed', true],
    ['quarantined', true],
    ['cancelled', true],
  ] as const)('that is %s has ended: %s', (state, ended) => {
    expect(hasEnded(state)).toBe(ended);
  });
});
