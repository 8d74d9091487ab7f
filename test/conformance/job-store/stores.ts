import { afterAll, expect, onTestFinished } from 'vitest';
import type { JobStore } from '../../../shared/jobs/job-store.ts';
import type { RunStart } from '../../../shared/jobs/records.ts';
import { type NewUpload, newStart, newUpload } from '../../helpers/job-records.ts';
import type { OpenedJobStore } from '../opened-job-store.ts';

/** Stores for tests. Those that look at their own records only have one for all: opening takes the most time. */
export interface Stores {
  opened(): Promise<OpenedJobStore>;
  shared(): Promise<JobStore>;
}

/** All are disposed of, at the end of the test or of the suites. */
export function storesOf(open: () => Promise<OpenedJobStore>): Stores {
  let common: Promise<OpenedJobStore> | undefined;
  afterAll(async () => (await common)?.dispose());
  return {
    async opened() {
      const it = await open();
      onTestFinished(() => it.dispose());
      return it;
    },
    async shared() {
      common ??= open();
      return (await common).store;
    },
  };
}

export async function accept(store: JobStore, given: Parameters<typeof newUpload>[0] = {}) {
  const upload = newUpload(given);
  await store.acceptUpload(upload);
  return upload;
}

export async function acceptAndStart(
  store: JobStore,
  given = {},
): Promise<{ upload: NewUpload; start: RunStart }> {
  const upload = await accept(store, given);
  const start = newStart(upload.job);
  expect(await store.startRun(start)).toEqual({ outcomes: {}, decoderDeaths: 0 });
  return { upload, start };
}

export const stateOf = async (store: JobStore, { job }: NewUpload) =>
  (await store.findJob(job.id))?.job.state;
