/** What one sender thread saw; times are in ms. */
export interface Tally {
  /** Since 1970, so that threads can be compared. */
  startedAt: number;
  endedAt: number;
  /** The path of each accepted upload's job. */
  jobs: string[];
  acceptedMs: number[];
  /** Every refusal, also those that were retried later. */
  refusedMs: number[];
  connectMs: number[];
  /** How uploads ended that were refused for good, by status and code: `503 no_worker`. */
  refused: Record<string, number>;
  /** Refusals after which the upload was tried again, likewise. */
  retried: Record<string, number>;
  /** Uploads without a complete, well-formed answer, by code. */
  errors: Record<string, number>;
  /** Uploads sent again because the server had just closed the kept connection. */
  staleConnections: number;
  /** How late the thread itself was to look at what had come. */
  loopDelayP99Ms: number;
  loopDelayMaxMs: number;
  /** The part of the time in which the thread was busy, 0 to 1. */
  loopBusy: number;
}

export interface Percentiles {
  p50: number;
  p95: number;
  p99: number;
  max: number;
}

export interface Summary {
  seconds: number;
  accepted: number;
  refused: Record<string, number>;
  retried: Record<string, number>;
  errors: Record<string, number>;
  staleConnections: number;
  acceptedPerSecond: number;
  /** Every complete answer, retried refusals too. */
  answersPerSecond: number;
  latencyMs: { accepted: Percentiles | null; refused: Percentiles | null; connect: Percentiles | null };
  generator: { loopDelayP99Ms: number; loopDelayMaxMs: number; loopBusy: number };
}

export const emptyTally = (now: number): Tally => ({
  startedAt: now,
  endedAt: now,
  jobs: [],
  acceptedMs: [],
  refusedMs: [],
  connectMs: [],
  refused: {},
  retried: {},
  errors: {},
  staleConnections: 0,
  loopDelayP99Ms: 0,
  loopDelayMaxMs: 0,
  loopBusy: 0,
});

export function countOne(counts: Record<string, number>, key: string): void {
  counts[key] = (counts[key] ?? 0) + 1;
}

export const total = (counts: Record<string, number>): number =>
  Object.values(counts).reduce((sum, count) => sum + count, 0);

/** By nearest rank: always a value that was measured. Null where nothing was. */
export function percentiles(values: readonly number[]): Percentiles | null {
  const sorted = Float64Array.from(values).sort();
  const rank = (part: number): number => sorted[Math.ceil(part * sorted.length) - 1] ?? 0;
  return sorted.length === 0 ? null : { p50: rank(0.5), p95: rank(0.95), p99: rank(0.99), max: rank(1) };
}

export function summarize(tallies: readonly Tally[]): Summary {
  const worst = (pick: (tally: Tally) => number): number => Math.max(0, ...tallies.map(pick));
  const acceptedMs = tallies.flatMap((tally) => tally.acceptedMs);
  const refusedMs = tallies.flatMap((tally) => tally.refusedMs);
  const startedAt = Math.min(...tallies.map((tally) => tally.startedAt));
  // At least a millisecond: a rate of nothing in no time is 0, not NaN.
  const seconds = Math.max(worst((tally) => tally.endedAt) - startedAt, 1) / 1_000;
  return {
    seconds,
    accepted: acceptedMs.length,
    refused: mergeCounts(tallies.map((tally) => tally.refused)),
    retried: mergeCounts(tallies.map((tally) => tally.retried)),
    errors: mergeCounts(tallies.map((tally) => tally.errors)),
    staleConnections: tallies.reduce((sum, tally) => sum + tally.staleConnections, 0),
    acceptedPerSecond: acceptedMs.length / seconds,
    answersPerSecond: (acceptedMs.length + refusedMs.length) / seconds,
    latencyMs: {
      accepted: percentiles(acceptedMs),
      refused: percentiles(refusedMs),
      connect: percentiles(tallies.flatMap((tally) => tally.connectMs)),
    },
    generator: {
      loopDelayP99Ms: worst((tally) => tally.loopDelayP99Ms),
      loopDelayMaxMs: worst((tally) => tally.loopDelayMaxMs),
      loopBusy: worst((tally) => tally.loopBusy),
    },
  };
}

function mergeCounts(all: readonly Record<string, number>[]): Record<string, number> {
  const merged: Record<string, number> = {};
  for (const [key, count] of all.flatMap((counts) => Object.entries(counts))) {
    merged[key] = (merged[key] ?? 0) + count;
  }
  return merged;
}
