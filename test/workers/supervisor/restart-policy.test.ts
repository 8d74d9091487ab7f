import { describe, expect, test } from 'vitest';
import {
  BREAKER_DEATHS,
  BREAKER_WINDOW_MS,
  decideStart,
  FIRST_BACKOFF_MS,
  MOST_BACKOFF_MS,
} from '../../../workers/supervisor/restart-policy.ts';

const ALIVE = true;
const NONE_ALIVE = false;
const LEAST = 0;
const MOST = 1;

/** Deaths so far apart that never five fall into the window of the breaker. */
const spreadDeaths = (count: number) =>
  Array.from({ length: count }, (_, index) => index * BREAKER_WINDOW_MS);

describe('the next worker is started', () => {
  test('at once when none has died at boot', () => {
    expect(decideStart([], NONE_ALIVE, 1_000, MOST)).toEqual({ kind: 'start', inMs: 0 });
  });

  test.each([
    [1, 50, 100],
    [2, 100, 200],
    [3, 200, 400],
    [4, 400, 800],
    [7, 3_200, 6_400],
    [8, 5_000, 10_000],
    [500, 5_000, 10_000],
  ])('after %i deaths at boot, %i to %i ms after the last', (count, least, most) => {
    const deaths = spreadDeaths(count);
    const last = deaths.at(-1) ?? 0;
    expect(decideStart(deaths, NONE_ALIVE, last, LEAST)).toEqual({ kind: 'start', inMs: least });
    expect(decideStart(deaths, NONE_ALIVE, last, MOST)).toEqual({ kind: 'start', inMs: most });
  });

  test('the sooner, the longer the last death is past', () => {
    expect(decideStart([1_000], NONE_ALIVE, 1_060, MOST)).toEqual({
      kind: 'start',
      inMs: FIRST_BACKOFF_MS - 60,
    });
    expect(decideStart([1_000], NONE_ALIVE, 9_000, MOST)).toEqual({ kind: 'start', inMs: 0 });
  });

  test('never later than the longest back-off', () => {
    const deaths = spreadDeaths(10_000);
    expect(decideStart(deaths, NONE_ALIVE, deaths.at(-1) ?? 0, MOST)).toEqual({
      kind: 'start',
      inMs: MOST_BACKOFF_MS,
    });
  });
});

describe('the breaker opens', () => {
  const deaths = Array.from({ length: BREAKER_DEATHS }, (_, index) => 1_000 + index * 100);
  const first = deaths[0] ?? 0;

  test('at the fifth death at boot within the window', () => {
    expect(decideStart(deaths.slice(1), NONE_ALIVE, 1_500, LEAST)).toMatchObject({ kind: 'start' });
    expect(decideStart(deaths, NONE_ALIVE, 1_500, LEAST)).toEqual({ kind: 'open-breaker' });
  });

  test('not when the first of the five is out of the window', () => {
    expect(decideStart(deaths, NONE_ALIVE, first + BREAKER_WINDOW_MS - 1, LEAST)).toEqual({
      kind: 'open-breaker',
    });
    expect(decideStart(deaths, NONE_ALIVE, first + BREAKER_WINDOW_MS, LEAST)).toMatchObject({
      kind: 'start',
    });
  });

  test('not while another worker is ready', () => {
    expect(decideStart(deaths, ALIVE, 1_500, LEAST)).toMatchObject({ kind: 'start' });
  });
});
