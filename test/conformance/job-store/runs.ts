import { describe, expect, test } from 'vitest';
import type { JobStore } from '../../../shared/jobs/job-store.ts';
import { crashed, errored, MANIFEST, newStart, rejected, settledAlone } from '../../helpers/job-records.ts';
import { accept, acceptAndStart, type Stores } from './stores.ts';

/** What every {@link JobStore} records of runs, and tells the next one. */
export function describeRuns(name: string, { shared }: Stores): void {
  describe(`${name}: runs`, () => {
    test('a run in progress is in the record of its job', async () => {
      const store = await shared();
      const { upload, start } = await acceptAndStart(store);
      const open = { endedAt: null, outcome: null, signal: null, exitCode: null, peakRssBytes: null };
      expect((await store.findJob(upload.job.id))?.runs).toMatchObject([
        { id: start.runId, workerPid: 42, startedAt: 2_000, ...open, failure: null },
      ]);
    });

    test('the end of a run is recorded with all that is known of it', async () => {
      const store = await shared();
      const { upload, start } = await acceptAndStart(store);
      const how = {
        outcome: 'crashed',
        signal: 'SIGSEGV',
        exitCode: 139,
        failure: 'worker_crashed',
      } as const;
      await store.finishRun({ ...rejected(start), ...how });
      const record = await store.findJob(upload.job.id);
      expect(record?.job).toEqual({
        ...upload.job,
        state: 'failed',
        failure: 'worker_crashed',
        updatedAt: 3_000,
      });
      expect(record?.runs).toMatchObject([
        { id: start.runId, endedAt: 3_000, peakRssBytes: 1_000_000, ...how },
      ]);
    });

    test('the next run is told how the earlier ones ended', async () => {
      const store = await shared();
      const { job } = await accept(store);
      const ends = ['errored', 'crashed', 'errored', 'timed-out', 'interrupted'] as const;
      for (const outcome of ends) {
        const start = newStart(job);
        await store.startRun(start);
        await store.finishRun({ ...errored(start), outcome });
      }
      expect(await store.startRun(newStart(job))).toEqual({
        outcomes: { errored: 2, crashed: 1, 'timed-out': 1, interrupted: 1 },
        decoderDeaths: 0,
      });
    });

    test('the next run is told how often the decoder died', async () => {
      const store = await shared();
      const { job } = await accept(store);
      for (const failure of ['worker_crashed', 'out_of_memory', 'worker_crashed'] as const) {
        const start = newStart(job);
        await store.startRun(start);
        await store.finishRun({ ...errored(start), outcome: 'crashed', failure });
      }
      expect(await store.startRun(newStart(job))).toEqual({ outcomes: { crashed: 3 }, decoderDeaths: 2 });
    });

    test('work that has crashed is suspect, until it is retried by hand', async () => {
      const store = await shared();
      const { upload, start } = await acceptAndStart(store);
      const waiting = async () => (await store.queuedWork()).find(({ jobId }) => jobId === upload.job.id);
      await store.finishRun({ ...errored(start), outcome: 'timed-out' });
      expect(await waiting()).toMatchObject({ isSuspect: false });
      const second = newStart(upload.job);
      await store.startRun(second);
      await store.finishRun(crashed(second));
      expect(await waiting()).toMatchObject({ isSuspect: true });
      const third = newStart(upload.job);
      await store.startRun(third);
      await store.finishRun(rejected(third));
      await store.retryJob(upload.job.id, 5_000, MANIFEST.pipelineVersion);
      expect(await waiting()).toMatchObject({ isSuspect: false });
    });

    test('the runs of other jobs do not count', async () => {
      const store = await shared();
      const { start } = await acceptAndStart(store);
      await store.finishRun(errored(start));
      await acceptAndStart(store);
    });

    test('a run to be tried again leaves its job queued, without a failure and without a set', async () => {
      const store = await shared();
      const { upload, start } = await acceptAndStart(store);
      expect(await store.finishRun(errored(start))).toEqual(settledAlone(false));
      const job = { ...upload.job, state: 'queued', updatedAt: 3_000 };
      expect(await store.findImage(upload.image.id, null)).toEqual({ image: upload.image, job, set: null });
      expect((await store.queuedWork()).map((work) => work.jobId)).toContain(job.id);
    });
  });
}
