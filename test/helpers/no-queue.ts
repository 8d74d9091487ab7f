import type { TransactionalQueue } from '../../shared/jobs/postgres/transactional-queue.ts';

/** For tests of records alone: what is to run nobody runs. */
export const NO_QUEUE: TransactionalQueue = {
  send: async () => ({ kept: Promise.resolve() }),
  held: async (_, leases) => new Set(leases),
  settle: async (_, leases) => new Set(leases),
  committed: () => {},
};
