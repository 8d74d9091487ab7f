import { expect, onTestFinished, test } from 'vitest';
import { ChangeFeed } from '../../../shared/jobs/change-feed.ts';
import { PostgresJobStore } from '../../../shared/jobs/postgres/postgres-job-store.ts';
import type { JobChange } from '../../../shared/jobs/records.ts';
import { connect } from '../../../shared/postgres/connect.ts';
import { eventually } from '../../helpers/eventually.ts';
import { newStart, newUpload } from '../../helpers/job-records.ts';
import { NO_QUEUE } from '../../helpers/no-queue.ts';
import { openRecords } from '../../helpers/open-records.ts';
import { copyOf } from '../../helpers/postgres-server.ts';
import { recordingLog } from '../../helpers/recording-log.ts';
import { sharedServer } from '../../helpers/shared-servers.ts';

/** Two nodes on one database, of which one listens. */
async function feedOfPostgres() {
  const url = await copyOf(await sharedServer('migrated'));
  const pool = connect(url, 4);
  const store = new PostgresJobStore(await openRecords(pool), 'node', NO_QUEUE);
  const feed = new ChangeFeed(store, recordingLog().log);
  const told: JobChange[] = [];
  onTestFinished(async () => {
    feed.end();
    await store.close();
  });
  return {
    feed,
    store,
    pool,
    told,
    begin: () =>
      feed.begin(async (changes) => {
        told.push(...changes);
      }),
  };
}

test('what was there before it began is not told, and what comes is, though nobody says so', async () => {
  const { store, told, begin } = await feedOfPostgres();
  await store.acceptUpload(newUpload());
  await begin();
  const { job, ...upload } = newUpload();
  await store.acceptUpload({ ...upload });
  await eventually('the change', () => told.length > 0);
  expect(told).toMatchObject([{ id: job.id, state: 'queued' }]);
});

test('a change whose transaction takes long is told when it is committed, and nothing is settled before', async () => {
  const { feed, store, pool, told, begin } = await feedOfPostgres();
  const [slow, quick] = [newUpload(), newUpload()];
  for (const upload of [slow, quick]) await store.acceptUpload(upload);
  await begin();
  const client = await pool.connect();
  await client.query('begin');
  await client.query("update jobs set state = 'running' where id = $1", [slow.job.id]);
  await store.startRun(newStart(quick.job));
  feed.wake();
  await eventually('the quick one', () => told.length > 0);
  // It has the greater number, and the slow one is still to come.
  expect(told).toMatchObject([{ id: quick.job.id }]);
  const settled = feed.settled;

  await client.query('commit');
  client.release();
  await eventually('the slow one', () => told.length > 1);
  expect(told.map(({ id }) => id)).toEqual([quick.job.id, slow.job.id]);
  expect(told[1]?.change).toBeLessThan(told[0]?.change ?? 0);
  expect(settled).toBeLessThan(told[1]?.change ?? 0);
  await eventually('all is settled', () => feed.settled === told[0]?.change);
});

test('who goes on from what is settled misses nothing', async () => {
  const { feed, store, pool, told, begin } = await feedOfPostgres();
  const [slow, quick] = [newUpload(), newUpload()];
  for (const upload of [slow, quick]) await store.acceptUpload(upload);
  await begin();
  const client = await pool.connect();
  await client.query('begin');
  await client.query("update jobs set state = 'running' where id = $1", [slow.job.id]);
  await store.startRun(newStart(quick.job));
  await eventually('the quick one', () => told.length > 0);
  const seen = feed.settled;
  await client.query('commit');
  client.release();
  const { changes } = await store.changesAfter({ after: seen, tenant: null, limit: 10 });
  expect(new Set(changes.map(({ id }) => id))).toEqual(new Set([slow.job.id, quick.job.id]));
});
