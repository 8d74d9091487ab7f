import { Pool } from 'pg';
import { expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { PostgresJobStore } from '../../../../shared/jobs/postgres/postgres-job-store.ts';
import type { Tables } from '../../../../shared/jobs/schema/tables.ts';
import { connect } from '../../../../shared/postgres/connect.ts';
import { Sessions } from '../../../../shared/postgres/sessions.ts';
import { newUpload } from '../../../helpers/job-records.ts';
import { NO_QUEUE } from '../../../helpers/no-queue.ts';
import { copyOf } from '../../../helpers/postgres-server.ts';
import { sharedServer } from '../../../helpers/shared-servers.ts';

/** Each is one chance for a job to begin, or to be put back, in the midst of it. */
const ASKS = 1_000;

const Rows = z.tuple([z.object({ answer: z.object({ granted: z.array(z.object({ room: z.boolean() })) }) })]);

/** A database in which one upload is accepted, and one node is alive, with one worker. */
async function oneWorker() {
  const url = await copyOf(await sharedServer('migrated'));
  const pool = new Pool({ connectionString: url, max: 2 });
  onTestFinished(() => pool.end());
  const store = new PostgresJobStore(new Sessions<Tables>(connect(url, 1)), 'a node', NO_QUEUE);
  onTestFinished(() => store.close());
  const { job, ...upload } = newUpload();
  await store.acceptUpload(upload);
  const publishes = (...jobs: string[]) =>
    pool.query(
      `insert into nodes (id, role, host, slots, publishing, seen_at)
       values ('a node', 'all', 'here', 1, $1, clock_timestamp() + interval '1 hour')
       on conflict (id) do update set publishing = excluded.publishing`,
      [JSON.stringify(jobs)],
    );
  await publishes();
  return {
    job,
    publishes,
    become: (state: 'queued' | 'running' | 'succeeded') =>
      pool.query('update jobs set state = $1 where id = $2', [state, job.id]),
    /** How many of so many uploads of another node get in, without any place beyond the worker. */
    admitted: async (uploads: number): Promise<number> => {
      const asks = Array.from({ length: uploads }, () => ({ lane: 'fresh', tenant: 'shop' }));
      const text = `select darkroom_admit('another node', '{}', $1, 0, 0, false) as answer`;
      const [{ answer }] = Rows.parse((await pool.query(text, [JSON.stringify(asks)])).rows);
      return answer.granted.filter(({ room }) => room).length;
    },
  };
}

test('a job that begins while it is counted is counted all the same', async () => {
  const { become, admitted } = await oneWorker();
  let isOver = false;
  const changes = (async () => {
    while (!isOver) {
      await become('running');
      await become('queued');
    }
  })();
  let tooMany = 0;
  for (let ask = 0; ask < ASKS; ask++) tooMany += await admitted(1);
  isOver = true;
  await changes;
  expect(tooMany).toBe(0);
});

test('a run that is being published leaves its worker to one upload, and so it is when that has ended', async () => {
  const { job, publishes, become, admitted } = await oneWorker();
  await become('running');
  expect(await admitted(2)).toBe(0);
  await publishes(job.id);
  expect(await admitted(2)).toBe(1);
  // The node has not told of it yet.
  await become('succeeded');
  expect(await admitted(2)).toBe(1);
  await publishes();
  expect(await admitted(2)).toBe(1);
});
