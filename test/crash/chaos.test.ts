import { expect, test } from 'vitest';
import { RUNTIME } from '../helpers/service.ts';
import { total } from '../load/statistics.ts';
import { BREACHES } from './chaos/breach.ts';
import { chaos } from './chaos/chaos.ts';

const SECONDS = 12;
/** Three of its clients begin with a fault picture, and its first service kills are soon and by SIGKILL. */
const SEED = 5;
const PATIENCE_MS = 240_000;

test(
  'good and bad pictures keep their promises while workers and the service are killed',
  async () => {
    const course = { profile: 'embedded', minutes: SECONDS / 60, seed: SEED, runtime: RUNTIME } as const;
    const { matrix, breaches } = await chaos(course, new AbortController().signal);
    expect(breaches).toEqual([]);
    expect(matrix.breaches).toEqual(Object.fromEntries(BREACHES.map((kind) => [kind, 0])));
    expect(matrix.accepted.good, 'good pictures accepted').toBeGreaterThan(0);
    expect(matrix.accepted.fault, 'fault pictures accepted').toBeGreaterThan(0);
    expect(matrix.ends.good.succeeded, 'good pictures done').toBeGreaterThan(0);
    expect(total(matrix.workerKills), 'worker kills').toBeGreaterThan(0);
    // One of them is the audit's own.
    expect(matrix.serviceKills.SIGKILL, 'service kills').toBeGreaterThan(1);
  },
  PATIENCE_MS,
);
