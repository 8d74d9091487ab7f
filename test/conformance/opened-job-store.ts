import type { JobStore } from '../../shared/jobs/job-store.ts';

export interface OpenedJobStore {
  store: JobStore;
  /** Closes the store and opens it again on the same records, as the next process does. */
  reopen(): Promise<JobStore>;
  dispose(): Promise<void>;
}
