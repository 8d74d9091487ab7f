import type { JobId } from '../domain/ids.ts';
import type { Lane, Lease, Work } from '../jobs/records.ts';

/** A queue that lends work to the nodes that share it. */
export interface WorkSource {
  /**
   * Up to so many jobs of a lane, the first ones first, each with its lease.
   * @throws {StoreError}
   */
  borrow(lane: Lane, most: number): Promise<Work[]>;

  /**
   * Says that this node lives, and has these still.
   * @returns those that have run out all the same: somebody else has them, or will
   * @throws {StoreError}
   */
  prolong(leases: readonly Lease[]): Promise<Lease[]>;
}

/** Who does the work of a node. */
export interface Crew {
  /** How many jobs could start at once. */
  readonly vacancies: number;
  /** @returns the jobs that have ended with it, when this node has no more to do with it */
  run(work: Work): Promise<readonly JobId[]>;
}
