import type { Pool } from 'pg';
import { expect, onTestFinished, test } from 'vitest';
import { PostgresCounter } from '../../../server/composition/postgres-counter.ts';
import { connect } from '../../../shared/postgres/connect.ts';
import { copyOf } from '../../helpers/postgres-server.ts';
import { sharedServer } from '../../helpers/shared-servers.ts';
import { TcpProxy } from '../../helpers/tcp-proxy.ts';

const OF_A_MINUTE = { points: 3, duration: 60, keyPrefix: 'key' };

const database = async () => copyOf(await sharedServer('migrated'));

function poolOf(url: string): Pool {
  const pool = connect(url, 5);
  onTestFinished(() => pool.end());
  return pool;
}

test('requests of a name count over all nodes, those of another apart', async () => {
  const url = await database();
  const nodes = [poolOf(url), poolOf(url)].map((pool) => new PostgresCounter(pool, OF_A_MINUTE));
  const counts: number[] = [];
  for (const node of [...nodes, ...nodes]) {
    const { consumedPoints, msBeforeNext } = await node.penalty('shop');
    counts.push(consumedPoints);
    expect(msBeforeNext).toBeGreaterThan(50_000);
    expect(msBeforeNext).toBeLessThanOrEqual(60_000);
  }
  expect(counts).toEqual([1, 2, 3, 4]);
  expect((await nodes[0]?.penalty('forum'))?.consumedPoints).toBe(1);
  const all = await Promise.all(nodes.flatMap((node) => [node.penalty('forum'), node.penalty('forum')]));
  expect(all.map(({ consumedPoints }) => consumedPoints).toSorted()).toEqual([2, 3, 4, 5]);
});

test('a window that is over begins anew, and is removed in time', async () => {
  const pool = poolOf(await database());
  const counter = new PostgresCounter(pool, OF_A_MINUTE);
  await counter.penalty('shop');
  await counter.penalty('forum');
  await pool.query('update rate_limits set expire = expire - 60000');
  expect(await counter.penalty('shop')).toMatchObject({ consumedPoints: 1 });
  for (let request = 0; request < 1_000; request++) await counter.penalty('shop');
  await expect
    .poll(async () => (await pool.query('select key from rate_limits')).rows)
    .toEqual([{ key: 'key:shop' }]);
});

test('while the database is out of reach a node counts for itself', async () => {
  const url = await database();
  const proxy = await TcpProxy.before(url);
  onTestFinished(() => proxy[Symbol.asyncDispose]());
  const counter = new PostgresCounter(poolOf(proxy.address(url)), OF_A_MINUTE);
  await counter.penalty('shop');
  proxy.refuse();
  for (const count of [1, 2, 3]) expect((await counter.penalty('shop')).consumedPoints).toBe(count);
  proxy.heal();
  expect((await counter.penalty('shop')).consumedPoints).toBe(2);
});
