import type { Pool } from 'pg';
import { expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { connect, connectToMigrate } from '../../../shared/postgres/connect.ts';
import { sharedServer } from '../../helpers/shared-servers.ts';

const Pid = z.tuple([z.object({ pid: z.int() })]);

function opened(pool: Pool): Pool {
  onTestFinished(() => pool.end());
  return pool;
}

test.each([
  ['a node', (url: string) => connect(url, 2)],
  ['a migration', connectToMigrate],
])('a connection of %s that breaks while nobody asks it is replaced', async (_, open) => {
  const url = await sharedServer('postgres');
  const [pool, other] = [opened(open(url)), opened(connect(url, 1))];
  const ask = async () => Pid.parse((await pool.query('select pg_backend_pid() as pid')).rows)[0].pid;
  const pid = await ask();
  const removed = new Promise((resolve) => pool.once('remove', resolve));
  await other.query('select pg_terminate_backend($1)', [pid]);
  await removed;
  expect(await ask()).not.toBe(pid);
});
