import { describe, expect, test } from 'vitest';
import { DEFAULT_TENANT } from '../../../shared/domain/ids.ts';
import { hasEnded, JOB_STATES, type JobState } from '../../../shared/domain/job.ts';
import type { JobStore } from '../../../shared/jobs/job-store.ts';
import {
  crashed,
  errored,
  newStart,
  newUpload,
  rejected,
  settledAlone,
  succeeded,
} from '../../helpers/job-records.ts';
import { accept, type Stores, stateOf } from './stores.ts';

/** What every {@link JobStore} lets become of a job, for each state and each call. */
export function describeTransitions(name: string, { shared }: Stores): void {
  describe(`${name}: transitions`, () => {
    /** A job in this state, by the calls that lead there. */
    async function jobIn(store: JobStore, state: JobState) {
      const upload = await accept(store);
      const start = newStart(upload.job);
      if (state !== 'queued' && state !== 'cancelled') await store.startRun(start);
      if (state === 'succeeded') await store.finishRun(succeeded(start));
      if (state === 'failed') await store.finishRun(rejected(start));
      if (state === 'quarantined') await store.finishRun({ ...crashed(start), next: 'quarantined' });
      if (state === 'cancelled') await store.deleteImage(upload.image.id, DEFAULT_TENANT, 9_000);
      expect(await stateOf(store, upload)).toBe(state);
      return { upload, start };
    }

    test.each(JOB_STATES)('a %s job is started only when it is queued', async (state) => {
      const store = await shared();
      const { upload } = await jobIn(store, state);
      const before = await store.findJob(upload.job.id);
      const history = await store.startRun(newStart(upload.job));
      if (state === 'queued') {
        expect(history).toEqual({ outcomes: {}, decoderDeaths: 0 });
        expect(await stateOf(store, upload)).toBe('running');
      } else {
        expect(history).toBeNull();
        expect(await store.findJob(upload.job.id)).toEqual(before);
      }
    });

    test.each(JOB_STATES)('a run of a %s job is finished only when it is running', async (state) => {
      for (const end of [succeeded, rejected, errored]) {
        const store = await shared();
        const { upload, start } = await jobIn(store, state);
        const before = await store.findJob(upload.job.id);
        const settled = await store.finishRun(end(start));
        if (state !== 'running') expect(settled).toBeNull();
        else expect(settled).toEqual(settledAlone(end === succeeded));
        if (state === 'running') expect(await stateOf(store, upload)).toBe(end(start).next);
        else expect(await store.findJob(upload.job.id)).toEqual(before);
      }
    });

    test.each(JOB_STATES)('deleting the image of a %s job cancels it unless it has ended', async (state) => {
      const store = await shared();
      const { upload } = await jobIn(store, state);
      await store.deleteImage(upload.image.id, DEFAULT_TENANT, 9_000);
      expect(await stateOf(store, upload)).toBe(hasEnded(state) ? state : 'cancelled');
    });

    test.each(JOB_STATES)('recovery queues a %s job only when it was running', async (state) => {
      const store = await shared();
      const { upload } = await jobIn(store, state);
      await store.requeueRunning(9_000);
      expect(await stateOf(store, upload)).toBe(state === 'running' ? 'queued' : state);
    });

    test('no run starts of a job that is not there', async () => {
      const store = await shared();
      expect(await store.startRun(newStart(newUpload().job))).toBeNull();
    });

    test('of many that start the same job at once, one does', async () => {
      const store = await shared();
      const { job } = await accept(store);
      const histories = await Promise.all(Array.from({ length: 20 }, () => store.startRun(newStart(job))));
      expect(histories.filter((history) => history !== null)).toEqual([{ outcomes: {}, decoderDeaths: 0 }]);
      expect((await store.findJob(job.id))?.runs).toHaveLength(1);
    });
  });
}
