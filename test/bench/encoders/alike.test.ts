import { describe, expect, test } from 'vitest';
import { alike, type Rung } from './alike.ts';

const rung = (quality: number, likeness: number): Rung => ({
  quality,
  bytes: 1000 * 2 ** ((quality - 70) / 10),
  cpuMs: quality,
  likeness,
});

const LADDER = [rung(70, 0.9), rung(80, 0.94), rung(90, 0.96)];

describe('the quality of a ladder that looks like another', () => {
  test('is a rung where that looks the same, with its bytes and its time', () => {
    const { quality, bytes, cpuMs } = alike(LADDER, 0.94);
    expect(quality).toBeCloseTo(80);
    expect(bytes).toBeCloseTo(2000);
    expect(cpuMs).toBeCloseTo(80);
  });

  test('lies between the two rungs around it, the bytes by their logarithm', () => {
    const { quality, bytes } = alike(LADDER, 0.95);
    expect(quality).toBeCloseTo(85);
    expect(bytes).toBeCloseTo(2000 * Math.SQRT2);
  });

  test('goes on from the nearest two rungs where it is beyond the ladder', () => {
    expect(alike(LADDER, 0.86).quality).toBeCloseTo(60);
    expect(alike(LADDER, 0.97).quality).toBeCloseTo(95);
  });

  test('is found by measures that fall where it gets better, too', () => {
    const distances = [rung(70, 1.6), rung(80, 1.2), rung(90, 0.8)];
    expect(alike(distances, 1.0).quality).toBeCloseTo(85);
    expect(alike(distances, 2.0).quality).toBeCloseTo(60);
  });

  test('cannot be told of a single rung', () => {
    expect(() => alike(LADDER.slice(0, 1), 0.94)).toThrow('two rungs');
  });
});
