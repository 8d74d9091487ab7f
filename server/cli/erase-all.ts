import { setTimeout as sleep } from 'node:timers/promises';
import type { EraseClient, Erased } from './erase-client.ts';

/** The service has these for some 100 ms, for which an upload may have to wait. */
const IMAGES_A_CALL = 50;

/** Where nothing more could be done now: files that cannot be removed, a database that somebody reads, an upload on its way. */
const LOOK_AGAIN_MS = 2_000;
/** Then it is said what is left: for so long nothing has come of it. */
const CALLS_IN_VAIN = 5;

const COUNTS = ['images', 'files', 'bytes', 'quarantined', 'keys', 'jobs', 'uploads'] as const;

export type Counts = Pick<Erased, (typeof COUNTS)[number]>;

export interface Report extends Counts {
  failed: Erased['failed'];
  database: Erased['database'];
  verified: boolean;
}

/**
 * Calls until nothing is left, or nothing more can be done. What it has done is with the service alone, so another one may
 * go on at any time where this one has been ended.
 * @param report told after each call of all that were made
 */
export async function eraseAll(client: EraseClient, report: (sum: Counts) => void): Promise<Report> {
  const sum: Counts = { images: 0, files: 0, bytes: 0, quarantined: 0, keys: 0, jobs: 0, uploads: 0 };
  for (let inVain = 0; ; ) {
    const { failed, database, verified, waitSeconds, ...counts } = await client.erase(IMAGES_A_CALL);
    for (const what of COUNTS) sum[what] += counts[what];
    report(sum);
    const isInVain = COUNTS.every((what) => counts[what] === 0) && waitSeconds === null;
    inVain = isInVain ? inVain + 1 : 0;
    if (verified || inVain === CALLS_IN_VAIN) return { ...sum, failed, database, verified };
    if (isInVain) await sleep(LOOK_AGAIN_MS);
    else if (waitSeconds !== null && counts.images === 0) await sleep(Math.min(waitSeconds, 5) * 1000);
  }
}
