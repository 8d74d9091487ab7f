import { sql } from 'kysely';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { JobId } from '../../../shared/domain/ids.ts';
import { StoreError } from '../../../shared/errors.ts';
import { PostgresJobStore } from '../../../shared/jobs/postgres/postgres-job-store.ts';
import { connect } from '../../../shared/postgres/connect.ts';
import { newUpload } from '../../helpers/job-records.ts';
import { NO_QUEUE } from '../../helpers/no-queue.ts';
import { openRecords } from '../../helpers/open-records.ts';
import { copyOf } from '../../helpers/postgres-server.ts';
import { queueNode } from '../../helpers/queue-node.ts';
import { sharedServer } from '../../helpers/shared-servers.ts';
import { TcpProxy } from '../../helpers/tcp-proxy.ts';
import { Told } from '../../helpers/told.ts';

async function storeBehindProxy() {
  const url = await copyOf(await sharedServer('migrated'));
  const proxy = await TcpProxy.before(url);
  const store = new PostgresJobStore(await openRecords(connect(proxy.address(url), 3)), 'node', NO_QUEUE);
  const witness = new PostgresJobStore(await openRecords(connect(url, 1)), 'witness', NO_QUEUE);
  onTestFinished(async () => {
    proxy.heal();
    await store.close();
    await witness.close();
    await proxy[Symbol.asyncDispose]();
  });
  return { proxy, store, witness };
}

const failureOf = (promise: Promise<unknown>): Promise<StoreError> =>
  promise.then(
    () => {
      throw new Error('it did not fail');
    },
    (error) => error,
  );

describe('a connection that breaks', () => {
  test('before the commit: nothing was kept, and it is known', async () => {
    const { proxy, store, witness } = await storeBehindProxy();
    const upload = newUpload();
    proxy.cutAnswerTo('insert into "images"');
    const failure = await failureOf(store.acceptUpload(upload));
    expect(failure).toBeInstanceOf(StoreError);
    expect(failure).toMatchObject({ code: 'storage_unavailable', nothingKept: true });
    expect(await witness.findImage(upload.image.id, null)).toBeNull();
  });

  test('at the commit: it is not known whether it was one, and here it was', async () => {
    const { proxy, store, witness } = await storeBehindProxy();
    const upload = newUpload();
    proxy.cutAnswerTo('commit');
    const failure = await failureOf(store.acceptUpload(upload));
    expect(failure).toMatchObject({ code: 'storage_unavailable', nothingKept: false });
    expect(await witness.findImage(upload.image.id, null)).toMatchObject({ image: { id: upload.image.id } });
  });

  test('is not used again: the next call has another one', async () => {
    const { proxy, store } = await storeBehindProxy();
    const upload = newUpload();
    await store.acceptUpload(upload);
    proxy.cut();
    // One call may still be given a connection that is dead.
    await store.findJob(upload.job.id).catch(() => {});
    expect(await store.findJob(upload.job.id)).toMatchObject({ job: { id: upload.job.id } });
  });

  test('is refused while the database is away, and then it is back', async () => {
    const { proxy, store } = await storeBehindProxy();
    proxy.refuse();
    const upload = newUpload();
    expect(await failureOf(store.acceptUpload(upload))).toMatchObject({
      code: 'storage_unavailable',
      nothingKept: true,
    });
    proxy.heal();
    await store.acceptUpload(upload);
  });
});

test('what is accepted is in the queue, and what is not is not', async () => {
  const url = await copyOf(await sharedServer('migrated'));
  const node = await queueNode(url, { workers: 0 }, new Told<JobId>());
  onTestFinished(node.dispose);
  const upload = newUpload();
  await node.store.acceptUpload(upload);
  const twice = newUpload({ job: { id: upload.job.id } });
  await expect(node.store.acceptUpload(twice)).rejects.toBeInstanceOf(StoreError);
  const { rows } = await sql<{ key: string }>`select singleton_key as key from pgboss.job`.execute(
    node.sessions.db,
  );
  expect(rows).toEqual([{ key: upload.job.id }]);
});

test('a table that a newer version has changed is asked again by a statement that is prepared anew', async () => {
  const url = await copyOf(await sharedServer('migrated'));
  const pool = connect(url, 1);
  const sessions = await openRecords(pool);
  const store = new PostgresJobStore(sessions, 'node', NO_QUEUE);
  onTestFinished(() => store.close());
  const upload = newUpload();
  await store.acceptUpload(upload);
  for (let times = 0; times < 6; times++) await store.findJob(upload.job.id);
  await sql`alter table jobs add column of_tomorrow integer`.execute(sessions.db);
  expect(await store.findJob(upload.job.id)).toMatchObject({ job: { id: upload.job.id } });
});
