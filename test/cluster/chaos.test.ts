import { expect, test } from 'vitest';
import { BREACHES } from '../crash/chaos/breach.ts';
import { chaos } from '../crash/chaos/chaos.ts';
import { placeForS3 } from '../helpers/place-for-s3.ts';
import { RUNTIME } from '../helpers/service.ts';
import { total } from '../load/statistics.ts';

const SECONDS = 24;
/** It kills four nodes in 20 seconds, and stops both stores just before the end. */
const SEED = 1287;
const PATIENCE_MS = 240_000;

const place = placeForS3();

test.skipIf('why' in place && process.env.CI !== 'true')(
  'good and bad pictures keep their promises while workers, nodes, PostgreSQL and S3 are killed',
  async () => {
    const course = { profile: 'cluster', minutes: SECONDS / 60, seed: SEED, runtime: RUNTIME } as const;
    const { matrix, breaches } = await chaos(course, new AbortController().signal);
    expect(breaches).toEqual([]);
    expect(matrix.breaches).toEqual(Object.fromEntries(BREACHES.map((kind) => [kind, 0])));
    expect(matrix.ends.good.succeeded, 'good pictures done').toBeGreaterThan(0);
    expect(total(matrix.workerKills), 'worker kills').toBeGreaterThan(0);
    const { serviceKills } = matrix;
    for (const what of ['api node: SIGKILL', 'worker node: SIGKILL', 'PostgreSQL: SIGKILL', 'S3: SIGSTOP'])
      expect(serviceKills[what], what).toBeGreaterThan(0);
  },
  PATIENCE_MS,
);
