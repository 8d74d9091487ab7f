/** What decides who gets a worker, and when. */
export interface LineLimits {
  /** Runs at once. */
  workers: number;
  /** Accepted uploads that may wait beyond the idle workers. */
  queueDepth: number;
  /** Batch jobs that may wait. */
  batchDepth: number;
  handOffTimeoutMs: number;
  /** Whether there are several tenants. */
  isShared: boolean;
  /** What pictures may take together. */
  memoryBudgetBytes: number;
}
