import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, test } from 'vitest';
import { BREAKER_DEATHS } from '../../../../workers/supervisor/restart-policy.ts';
import { FakeChild, fakeLaunch, launched } from '../../../helpers/fake-child.ts';
import { launchOf, NO_DEADLINE_MS, newRun } from '../../../helpers/fixture-worker.ts';
import { poolOf, take } from './pool-of.ts';

describe('a pool', () => {
  test('keeps one worker more than may run at once', async () => {
    const { pool, idle, pids } = poolOf(2, await launchOf('answers'));
    expect(pool.alive).toBe(false);
    pool.start();
    await idle(3);
    expect(pool.alive).toBe(true);
    expect(new Set(pids()).size).toBe(3);
  });

  test('replaces a worker that was killed, at once', async () => {
    const { pool, idle, pids, said } = poolOf(1, await launchOf('answers'));
    pool.start();
    await idle(2);
    const worker = take(pool);
    pool.giveBack(worker);
    process.kill(worker.pid, 'SIGKILL');
    expect(await said('worker died')).toMatchObject({ workerPid: worker.pid, signal: 'SIGKILL' });
    expect(pool.idleCount).toBe(1);
    await idle(2);
    expect(pids()).toHaveLength(3);
    expect([take(pool).pid, take(pool).pid]).not.toContain(worker.pid);
  });

  test('replaces a worker that died at its run, and does not take it back', async () => {
    const { pool, idle } = poolOf(1, await launchOf('dies-at-run'));
    pool.start();
    await idle(2);
    const worker = take(pool);
    await worker.run(newRun(), NO_DEADLINE_MS);
    await worker.ended;
    pool.giveBack(worker);
    await idle(2);
    expect([take(pool).pid, take(pool).pid]).not.toContain(worker.pid);
  });

  test('never opens the breaker for deaths at runs', async () => {
    const { pool, idle } = poolOf(1, await launchOf('dies-at-run'));
    pool.start();
    for (let death = 0; death <= BREAKER_DEATHS; death++) {
      await idle(2);
      await take(pool).run(newRun(), NO_DEADLINE_MS);
    }
    await idle(2);
    expect(pool.breakerOpen).toBe(false);
  });

  test('gives up with an open breaker when workers die before they are ready', async () => {
    const { pool, lines, events } = poolOf(2, await launchOf('exits-at-boot'));
    const opened = once(events, 'breaker');
    pool.start();
    await opened;
    expect(pool.breakerOpen).toBe(true);
    expect(pool.alive).toBe(false);
    expect(lines.filter((line) => line.level === 'fatal')).toHaveLength(1);
    const deaths = lines.filter((line) => line.msg === 'worker died before it was ready');
    expect(deaths.length).toBeGreaterThanOrEqual(BREAKER_DEATHS);
  });

  test('opens the breaker where the program of the workers cannot even be started', async () => {
    const { pool, events } = poolOf(1, () => {
      const child = spawn('/nowhere/worker', { stdio: ['pipe', 'pipe', 'pipe', 'pipe'], detached: true });
      return { ...launched(new FakeChild()), child };
    });
    const opened = once(events, 'breaker');
    pool.start();
    await opened;
  });

  test.each(['answers', 'hangs-at-run'])('leaves no process behind when it stops (%s)', async (fixture) => {
    const { pool, idle, pids, lines } = poolOf(1, await launchOf(fixture));
    pool.start();
    await idle(2);
    const verdict = take(pool).run(newRun(), NO_DEADLINE_MS);
    if (fixture === 'answers') await verdict;
    await pool.stop();
    expect(pool.alive).toBe(false);
    expect(pids()).toHaveLength(2);
    for (const pid of pids()) expect(() => process.kill(pid, 0)).toThrow('ESRCH');
    const stopped = lines.filter((line) => line.msg === 'worker stopped').map((line) => line.killedFor);
    expect(stopped.toSorted()).toEqual(fixture === 'answers' ? [null, null] : ['drain', null]);
  });
});

describe('an idle worker that is about to end', () => {
  test.each([
    ['its channel has closed', 'disconnects'],
    ['it broke the protocol', 'breaks the protocol'],
  ])('is given no work: %s', async (_, how) => {
    const { children, launch } = fakeLaunch();
    const { pool, idle } = poolOf(1, launch);
    pool.start();
    for (const child of children) child.says({ type: 'ready', decoder: 'a fixture' });
    await idle(2);
    const last = children[1];
    if (how === 'disconnects') last?.disconnects();
    else last?.says({ type: 'no such message' });
    expect(pool.idleCount).toBe(1);
    expect(take(pool).pid).toBe(children[0]?.pid);
    expect(pool.take()).toBeUndefined();
    expect(pool.alive).toBe(true);
    children[0]?.disconnects();
    expect(pool.alive).toBe(false);
    for (const child of children) child.ends(0, null);
  });
});
