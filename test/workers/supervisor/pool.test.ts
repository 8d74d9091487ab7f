import { spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import type { Launch } from '../../../workers/supervisor/launcher.ts';
import { WorkerPool } from '../../../workers/supervisor/pool.ts';
import {
  BREAKER_DEATHS,
  BREAKER_WINDOW_MS,
  FIRST_BACKOFF_MS,
  MOST_BACKOFF_MS,
  READY_TIMEOUT_MS,
} from '../../../workers/supervisor/restart-policy.ts';
import { FakeChild, fakeLaunch, launched } from '../../helpers/fake-child.ts';
import { launchOf, newRun } from '../../helpers/fixture-worker.ts';
import { recordingLog } from '../../helpers/recording-log.ts';

const NO_DEADLINE_MS = 25_000;
const NEVER_WORN = { workerMaxRuns: 1_000_000, workerMaxRssBytes: 2 ** 40 };

/** A pool of real processes; none is left when the test has finished. */
function poolOf(size: number, launch: Launch, wear = NEVER_WORN) {
  const events = new EventEmitter();
  const { log, lines, said } = recordingLog();
  const pool = new WorkerPool(size, wear, launch, log, {
    ready: () => events.emit('ready'),
    breakerOpened: () => events.emit('breaker'),
  });
  onTestFinished(() => pool.stop());
  const idle = async (count: number) => {
    while (pool.idleCount !== count) await once(events, 'ready');
  };
  const pids = () =>
    lines.filter((line) => line.msg === 'worker ready').map((line) => Number(line.workerPid));
  return { pool, lines, said, events, idle, pids };
}

function take(pool: WorkerPool) {
  const worker = pool.take();
  if (!worker) throw new Error('no worker is idle');
  return worker;
}

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

describe('a pool whose workers die before they are ready', () => {
  /** A pool of three fakes, and a clock that the test moves. */
  function started() {
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    const { children, launch } = fakeLaunch();
    const { pool, events } = poolOf(2, launch);
    pool.start();
    const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);
    const ready = async (index: number) => {
      children[index]?.says({ type: 'ready', decoder: 'a fixture' });
      await pass(0);
    };
    const dies = async (index: number) => {
      children[index]?.ends(1, null);
      await pass(0);
    };
    return { children, pool, events, pass, ready, dies };
  }

  test('starts them together, and after a death the next when the others are ready or dead', async () => {
    const { children, pass, dies } = started();
    expect(children).toHaveLength(3);
    await dies(0);
    await dies(1);
    await pass(MOST_BACKOFF_MS);
    expect(children).toHaveLength(3);
    await dies(2);
    expect(children).toHaveLength(4);
  });

  test('starts one at a time, also when a death was late', async () => {
    const { children, pass, ready, dies } = started();
    for (const index of [0, 1, 2]) await ready(index);
    // These are replaced at once, but their replacements die: one soon, one late.
    await dies(0);
    await dies(1);
    expect(children).toHaveLength(5);
    await dies(3);
    await pass(MOST_BACKOFF_MS);
    await dies(4);
    expect(children).toHaveLength(6);
    // A start that is pending stays alone, whoever else dies meanwhile.
    await dies(2);
    await pass(MOST_BACKOFF_MS);
    expect(children).toHaveLength(6);
  });

  test('starts one at a time while it backs off', async () => {
    const { children, pass, dies } = started();
    for (const index of [0, 1, 2]) await dies(index);
    expect(children).toHaveLength(3);
    await pass(100);
    expect(children).toHaveLength(4);
    await dies(3);
    expect(children).toHaveLength(4);
    await pass(200);
    expect(children).toHaveLength(5);
    await pass(MOST_BACKOFF_MS);
    expect(children).toHaveLength(5);
  });

  test('starts all that are missing as soon as one is ready', async () => {
    const { children, pool, pass, ready, dies } = started();
    for (const index of [0, 1, 2]) await dies(index);
    await pass(100);
    await ready(3);
    expect(children).toHaveLength(6);
    for (const index of [4, 5]) await ready(index);
    await pass(MOST_BACKOFF_MS);
    expect(children).toHaveLength(6);
    expect(pool.idleCount).toBe(3);
  });

  test('opens the breaker for those that hang until they are killed, too', async () => {
    const { children, pool, pass } = started();
    while (!pool.breakerOpen && children.length < 50) await pass(READY_TIMEOUT_MS);
    expect(pool.breakerOpen).toBe(true);
    // Three at first, which count as one, and then one at a time.
    expect(children).toHaveLength(3 + BREAKER_DEATHS - 1);
    await pass(10 * BREAKER_WINDOW_MS);
    expect(children, 'nothing more is started').toHaveLength(3 + BREAKER_DEATHS - 1);
  });

  test('goes on trying while one is ready, and gives up when that has died as well', async () => {
    const { children, pool, pass, ready, dies } = started();
    await ready(0);
    for (let index = 1; index <= 2 * BREAKER_DEATHS; index++) {
      await dies(index);
      for (let second = 0; second < MOST_BACKOFF_MS / 1_000; second++) {
        children[0]?.says({ type: 'heartbeat', rssBytes: 1, peakRssBytes: 1 });
        await pass(1_000);
      }
    }
    expect(children.length).toBeGreaterThan(2 * BREAKER_DEATHS);
    expect(pool.breakerOpen).toBe(false);
    await dies(0);
    await dies(children.length - 1);
    expect(pool.breakerOpen).toBe(true);
  });

  test('starts nothing more when it stops', async () => {
    const { children, pool, pass, dies } = started();
    for (const index of [0, 1, 2]) await dies(index);
    await pool.stop();
    await pass(MOST_BACKOFF_MS);
    expect(children).toHaveLength(3);
  });
});

describe('a pool whose system starts no process', () => {
  const refusal = Object.assign(new Error('spawn ENOMEM'), { code: 'ENOMEM' });

  /** A pool of two fakes; while `refused`, none can be started. */
  function started(refused: boolean) {
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    const { children, launch } = fakeLaunch();
    const system = { refuses: refused };
    const { pool, lines } = poolOf(1, () => {
      if (system.refuses) throw refusal;
      return launch();
    });
    pool.start();
    return { children, system, pool, lines, pass: (ms: number) => vi.advanceTimersByTimeAsync(ms) };
  }

  test('backs off, says why, and goes on when it can', async () => {
    const { children, system, pool, lines, pass } = started(true);
    await pass(FIRST_BACKOFF_MS);
    expect(lines).toMatchObject([
      { msg: 'worker could not be started', err: { message: 'spawn ENOMEM' } },
      { msg: 'worker could not be started' },
    ]);
    system.refuses = false;
    await pass(2 * FIRST_BACKOFF_MS);
    expect(children).toHaveLength(1);
    children[0]?.says({ type: 'ready', decoder: 'a fixture' });
    await pass(0);
    expect(children).toHaveLength(2);
    expect(pool.alive).toBe(true);
  });

  test('opens the breaker in the end', async () => {
    const { pool, lines, pass } = started(true);
    await pass(MOST_BACKOFF_MS);
    expect(pool.breakerOpen).toBe(true);
    expect(lines.filter(({ msg }) => msg === 'worker could not be started')).toHaveLength(BREAKER_DEATHS);
  });

  test('keeps the old ones where they were to be replaced', async () => {
    const { children, system, pool, pass } = started(false);
    for (const child of children) child.says({ type: 'ready', decoder: 'a fixture' });
    await pass(0);
    system.refuses = true;
    expect(await pool.replaceAll()).toBe(false);
    expect(pool.idleCount).toBe(2);
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
