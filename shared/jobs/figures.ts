import type { Kysely } from 'kysely';
import { z } from 'zod';
import { Usage } from '../domain/usage.ts';
import type { Tables } from './schema/tables.ts';
import { totalUsage } from './usage.ts';

/** Jobs that wait, those among them that wait for the run of another one. */
const WaitingJobs = z.object({
  jobs: z.int().min(0),
  /** When the one of them that has waited longest was accepted, in milliseconds since 1970; null: none waits. */
  oldestAt: z.int().nullable(),
});

/** What an operator watches. */
export const StoreFigures = z.object({
  /** Apart from each other: that an upload waits is a reason to look, that a batch waits is what it is for. */
  waiting: z.object({ upload: WaitingJobs, batch: WaitingJobs }),
  quarantined: z.int().min(0),
  /** What all tenants have together. */
  kept: Usage.omit({ tenant: true }),
});
export type StoreFigures = z.infer<typeof StoreFigures>;

export async function figures(db: Kysely<Tables>): Promise<StoreFigures> {
  const lanes = await db
    .selectFrom('jobs')
    .select(({ fn }) => ['is_batch', fn.countAll<number>().as('jobs'), fn.min('created_at').as('oldestAt')])
    .where('state', '=', 'queued')
    .groupBy('is_batch')
    .execute();
  const ofLane = (isBatch: 0 | 1) =>
    lanes.find((lane) => lane.is_batch === isBatch) ?? { jobs: 0, oldestAt: null };
  const { quarantined } = await db
    .selectFrom('quarantine')
    .select(({ fn }) => fn.countAll<number>().as('quarantined'))
    .executeTakeFirstOrThrow();
  return StoreFigures.parse({
    waiting: { upload: ofLane(0), batch: ofLane(1) },
    quarantined,
    kept: await totalUsage(db),
  });
}
