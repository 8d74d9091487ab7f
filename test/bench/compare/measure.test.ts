import { describe, expect, test } from 'vitest';
import { inTheMiddle, type Measured } from './measure.ts';

const round = (picturesPerSecond: number, cpuSeconds: number): Measured => ({
  picturesPerSecond,
  cpuSeconds,
  generatorCpuSeconds: 0.001,
  rssMiB: 100,
  aloneMs: 50,
});

describe('the figures of a side', () => {
  test('are the medians of its rounds, each figure by itself', () => {
    const { picturesPerSecond, cpuSeconds } = inTheMiddle([round(10, 3), round(30, 1), round(20, 9)], []);
    expect({ picturesPerSecond, cpuSeconds }).toEqual({ picturesPerSecond: 20, cpuSeconds: 3 });
  });

  test('are compared with the limit round by round, so that a slow round slows both', () => {
    const limits = [round(10, 1), round(100, 1), round(20, 2)];
    const { ofLimit } = inTheMiddle([round(9, 2), round(90, 2), round(18, 4)], limits);
    expect(ofLimit.throughput).toBeCloseTo(0.9);
    expect(ofLimit.cpu).toBeCloseTo(2);
  });
});
