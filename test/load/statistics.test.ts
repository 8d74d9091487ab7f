import { describe, expect, it } from 'vitest';
import { emptyTally, percentiles, summarize } from './statistics.ts';

describe('percentiles', () => {
  it('are values that were measured, by nearest rank', () => {
    const hundred = Array.from({ length: 100 }, (_, index) => 100 - index);
    expect(percentiles(hundred)).toEqual({ p50: 50, p95: 95, p99: 99, max: 100 });
  });

  it.each([
    { values: [], expected: null },
    { values: [7], expected: { p50: 7, p95: 7, p99: 7, max: 7 } },
    { values: [9, 10], expected: { p50: 9, p95: 10, p99: 10, max: 10 } },
  ])('of $values', ({ values, expected }) => {
    expect(percentiles(values)).toEqual(expected);
  });
});

describe('summarize', () => {
  it('adds the threads up, from the first start to the last end, and keeps the worst lateness', () => {
    const summary = summarize([
      {
        ...emptyTally(1_000),
        endedAt: 2_000,
        acceptedMs: [1, 3],
        refused: { '503 a': 2 },
        loopDelayMaxMs: 5,
      },
      {
        ...emptyTally(1_500),
        endedAt: 3_000,
        acceptedMs: [2],
        refusedMs: [8],
        refused: { '503 a': 1, '413 b': 1 },
        loopDelayMaxMs: 9,
        errors: { ECONNRESET: 1 },
        staleConnections: 1,
      },
    ]);
    expect(summary).toMatchObject({
      seconds: 2,
      accepted: 3,
      acceptedPerSecond: 1.5,
      answersPerSecond: 2,
      refused: { '503 a': 3, '413 b': 1 },
      errors: { ECONNRESET: 1 },
      staleConnections: 1,
      latencyMs: { accepted: { p50: 2, max: 3 }, refused: { p50: 8 }, connect: null },
      generator: { loopDelayMaxMs: 9 },
    });
  });

  it('says 0 and not NaN of a run that was stopped before it began', () => {
    expect(summarize([emptyTally(1_000)])).toMatchObject({ accepted: 0, acceptedPerSecond: 0 });
  });
});
