import { describe, expect, test } from 'vitest';
import { newImageId, newRunId } from '../../../shared/domain/ids.ts';
import type { JobStore } from '../../../shared/jobs/job-store.ts';
import { errored, MANIFEST, newStart, rejected, settledAlone, succeeded } from '../../helpers/job-records.ts';
import { acceptAndStart, type Stores } from './stores.ts';

/** What every {@link JobStore} shows of a run, and of no more than one. */
export function describePublishing(name: string, { shared }: Stores): void {
  describe(`${name}: publishing`, () => {
    test('the end of a run publishes its manifest with it', async () => {
      const store = await shared();
      const { upload, start } = await acceptAndStart(store);
      expect(await store.finishRun(succeeded(start))).toEqual(settledAlone(true));
      const found = await store.findImage(upload.image.id, null);
      expect(found).toMatchObject({
        job: { state: 'succeeded', failure: null },
        set: { runId: start.runId, manifest: MANIFEST, publishedAt: 3_000 },
      });
      expect(await store.publishedAmong([start.runId])).toEqual([start.runId]);
    });

    test('a run that failed publishes nothing', async () => {
      const store = await shared();
      const { upload, start } = await acceptAndStart(store);
      await store.finishRun(rejected(start));
      expect(await store.findImage(upload.image.id, null)).toMatchObject({
        job: { state: 'failed', failure: 'image_unreadable' },
        set: null,
      });
      expect(await store.publishedAmong([start.runId])).toEqual([]);
    });

    test('finishing a run twice counts once', async () => {
      const store = await shared();
      const { upload, start } = await acceptAndStart(store);
      await store.finishRun(succeeded(start));
      const before = await store.findImage(upload.image.id, null);
      expect(await store.finishRun({ ...rejected(start), at: 4_000 })).toBeNull();
      expect(await store.finishRun({ ...succeeded(start), at: 4_000 })).toBeNull();
      expect(await store.findImage(upload.image.id, null)).toEqual(before);
    });

    test('a late run changes nothing while another run of its job is in progress', async () => {
      const store = await shared();
      const { upload, start: late } = await acceptAndStart(store);
      await store.requeueRunning(2_500);
      const current = newStart(upload.job);
      await store.startRun(current);
      const before = await store.findJob(upload.job.id);
      for (const end of [succeeded, rejected, errored]) expect(await store.finishRun(end(late))).toBeNull();
      expect(await store.findJob(upload.job.id)).toEqual(before);
      expect(await store.findImage(upload.image.id, null)).toMatchObject({ set: null });
      expect(await store.publishedAmong([late.runId])).toEqual([]);
      expect(await store.finishRun(succeeded(current))).toEqual(settledAlone(true));
      expect(await store.findImage(upload.image.id, null)).toMatchObject({ set: { runId: current.runId } });
    });

    test('of a run and its double that end at once, one publishes', async () => {
      const store = await shared();
      const { start } = await acceptAndStart(store);
      const answers = await Promise.all(Array.from({ length: 10 }, () => store.finishRun(succeeded(start))));
      expect(answers.filter(Boolean)).toHaveLength(1);
    });

    test('tells which of many runs and images a row names', async () => {
      const store = await shared();
      const { upload, start } = await acceptAndStart(store);
      await store.finishRun(succeeded(start));
      const runs = [...Array.from({ length: 40_000 }, newRunId), start.runId];
      const images = [...Array.from({ length: 40_000 }, newImageId), upload.image.id];
      expect(await store.publishedAmong(runs)).toEqual([start.runId]);
      expect(await store.originalsKeptAmong(images)).toEqual([upload.image.id]);
      expect(await store.publishedAmong([])).toEqual([]);
      expect(await store.originalsKeptAmong([])).toEqual([]);
    });
  });
}
