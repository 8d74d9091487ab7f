import { expect, test } from 'vitest';
import { RUNTIME } from '../helpers/service.ts';
import { total } from '../load/statistics.ts';
import { fuzz } from './fuzz.ts';

const PATIENCE_MS = 120_000;

test(
  'mutated pictures and requests break nothing',
  async () => {
    const course = {
      pictures: 60,
      requests: 40,
      seed: 1,
      runtime: RUNTIME,
      minutes: Number.POSITIVE_INFINITY,
    } as const;
    const outcome = await fuzz(course, new AbortController().signal);
    expect(outcome.findings).toEqual([]);
    expect(total(outcome.pictures)).toBe(60);
    expect(total(outcome.requests)).toBe(40);
    expect(outcome.pictures['200'], 'pictures accepted').toBeGreaterThan(20);
    expect(outcome.jobs.succeeded, 'pictures made').toBeGreaterThan(5);
    expect(outcome.jobs['failed image_unreadable'], 'pictures that cannot be read').toBeGreaterThan(5);
  },
  PATIENCE_MS,
);
