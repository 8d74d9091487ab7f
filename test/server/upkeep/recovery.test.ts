import { describe, expect, test } from 'vitest';
import { newRunId } from '../../../shared/domain/ids.ts';
import { allOf } from '../../helpers/all-of.ts';
import { newUpload, rejected, succeeded } from '../../helpers/job-records.ts';
import { dataFolder } from './data-folder.ts';

describe('what an earlier process has left of its jobs', () => {
  test('one that was running is queued again, and its run was interrupted', async () => {
    const { store, accept, start, recover } = await dataFolder();
    const upload = await accept();
    const run = await start(upload);
    const begun = Date.now();

    expect((await recover()).map(({ jobId }) => jobId)).toEqual([upload.job.id]);
    const found = await store.findJob(upload.job.id);
    expect(found?.job.state).toBe('queued');
    expect(found?.runs).toMatchObject([{ id: run.runId, outcome: 'interrupted', failure: 'worker_lost' }]);
    expect(found?.runs[0]?.endedAt).toBeGreaterThanOrEqual(begun);
    expect(await store.finishRun(succeeded(run)), 'its run is fenced off').toBeNull();
  });

  test('those that have ended stay as they are', async () => {
    const { store, accept, start, publish, recover } = await dataFolder();
    const [good, bad] = [await accept(), await accept()];
    const run = await start(good);
    await publish(run.runId);
    await store.finishRun(succeeded(run));
    await store.finishRun(rejected(await start(bad)));
    const records = () => Promise.all([good, bad].map(({ job }) => store.findJob(job.id)));
    const before = await records();
    expect(await recover()).toEqual([]);
    expect(await records()).toEqual(before);
  });

  test('the work that waits is given from the oldest to the youngest, whether it has run before or not', async () => {
    const { accept, start, recover } = await dataFolder();
    const uploads = [];
    for (const createdAt of [3_000, 1_000, 2_000, 4_000]) uploads.push(await accept(createdAt));
    for (const upload of uploads.slice(0, 2)) await start(upload);
    const byAge = uploads.toSorted((a, b) => a.image.createdAt - b.image.createdAt);
    expect((await recover()).map(({ imageId }) => imageId)).toEqual(byAge.map(({ image }) => image.id));
  });
});

describe('the log', () => {
  test('says in one line how much there was', async () => {
    const { lines, accept, start, publish, keepOriginal, recover } = await dataFolder();
    for (const upload of [await accept(), await accept()]) await start(upload);
    await accept();
    await publish(newRunId());
    for (const upload of [newUpload(), newUpload(), newUpload(), newUpload()]) await keepOriginal(upload);
    await recover();
    const figures = { interrupted: 2, queued: 3, unnamedSets: 1, orphanOriginals: 4 };
    expect(lines).toEqual([{ level: 'info', msg: 'recovered', ...figures }]);
  });

  test('says so as well when there was nothing', async () => {
    const { lines, recover } = await dataFolder();
    expect(await recover()).toEqual([]);
    expect(lines).toEqual([
      { level: 'info', msg: 'recovered', interrupted: 0, queued: 0, unnamedSets: 0, orphanOriginals: 0 },
    ]);
  });
});

test('a second recovery finds nothing more to do', async () => {
  const { store, storage, accept, start, publish, recover } = await dataFolder();
  const upload = await accept();
  const run = await start(upload);
  await publish(run.runId);
  const first = await recover();
  expect(await recover()).toEqual(first);
  expect((await store.findJob(upload.job.id))?.runs, 'interrupted once').toHaveLength(1);
  expect(await allOf(storage.published(0))).toEqual([]);
  expect(await allOf(storage.originals(0))).toEqual([upload.image.id]);
});
