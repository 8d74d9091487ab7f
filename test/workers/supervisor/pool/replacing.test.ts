import { once } from 'node:events';
import { describe, expect, test } from 'vitest';
import type { WorkerPool } from '../../../../workers/supervisor/pool.ts';
import { launchOf, NO_DEADLINE_MS, newRun } from '../../../helpers/fixture-worker.ts';
import { NEVER_WORN, poolOf, take } from './pool-of.ts';

describe('a worker gives way', () => {
  async function runOn(pool: WorkerPool, worker = take(pool)) {
    const verdict = await worker.run(newRun(), NO_DEADLINE_MS);
    expect(verdict.kind).toBe('result');
    pool.giveBack(worker);
    return worker;
  }

  test('after its runs, to another that is ready first', async () => {
    const wear = { ...NEVER_WORN, workerMaxRuns: 1 };
    const { pool, idle, pids, said } = poolOf(1, await launchOf('answers'), wear);
    pool.start();
    await idle(2);
    // Give or take a fifth: two runs are too many for anyone.
    const worker = await runOn(pool);
    if (pool.idleCount === 2) await runOn(pool, take(pool));
    expect(await said('worker retired')).toMatchObject({ workerPid: worker.pid, exitCode: 0 });
    expect(pool.idleCount).toBeGreaterThanOrEqual(1);
    await idle(2);
    expect(pids()).toHaveLength(3);
  });

  test('when it has grown', async () => {
    const { pool, idle, said } = poolOf(1, await launchOf('answers'), {
      ...NEVER_WORN,
      workerMaxRssBytes: 0,
    });
    pool.start();
    await idle(2);
    const worker = await runOn(pool);
    expect(await said('worker retired')).toMatchObject({ workerPid: worker.pid });
  });

  test('where a run wants a fresh one and all have run', async () => {
    const { pool, idle } = poolOf(1, await launchOf('answers'));
    pool.start();
    await idle(2);
    const [first, second] = [take(pool), take(pool)];
    await runOn(pool, first);
    expect(pool.takeFresh()).toBeUndefined();
    await runOn(pool, second);
    await idle(2);
    const fresh = pool.takeFresh();
    expect(fresh?.isFresh).toBe(true);
    expect([first.pid, second.pid]).not.toContain(fresh?.pid);
  });
});

describe('replacing all', () => {
  test('ends each worker when its successor is ready', async () => {
    const { pool, idle, pids, lines } = poolOf(1, await launchOf('answers'));
    pool.start();
    await idle(2);
    const old = pids();
    expect(await pool.replaceAll()).toBe(true);
    expect(pool.idleCount).toBe(2);
    expect([take(pool).pid, take(pool).pid].filter((pid) => old.includes(pid))).toEqual([]);
    expect(lines.filter(({ msg }) => msg === 'worker retired')).toHaveLength(2);
  });

  test('keeps the old ones where the new one does not become ready', async () => {
    const good = await launchOf('answers');
    const bad = await launchOf('exits-at-boot');
    let launch = good;
    const { pool, idle, pids } = poolOf(1, () => launch());
    pool.start();
    await idle(2);
    launch = bad;
    expect(await pool.replaceAll()).toBe(false);
    expect([take(pool).pid, take(pool).pid].toSorted()).toEqual(pids().toSorted());
  });

  test('lets a worker that was taken have its run', async () => {
    const { pool, events, idle, pids } = poolOf(1, await launchOf('answers'));
    pool.start();
    await idle(2);
    const busy = take(pool);
    const replaced = pool.replaceAll();
    await once(events, 'ready');
    expect((await busy.run(newRun(), NO_DEADLINE_MS)).kind).toBe('result');
    pool.giveBack(busy);
    expect(await replaced).toBe(true);
    expect(pids()).toHaveLength(4);
  });
});
