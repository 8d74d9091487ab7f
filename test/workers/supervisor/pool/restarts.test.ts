import { describe, expect, onTestFinished, test, vi } from 'vitest';
import {
  BREAKER_DEATHS,
  BREAKER_WINDOW_MS,
  FIRST_BACKOFF_MS,
  MOST_BACKOFF_MS,
  READY_TIMEOUT_MS,
} from '../../../../workers/supervisor/restart-policy.ts';
import { fakeLaunch } from '../../../helpers/fake-child.ts';
import { poolOf } from './pool-of.ts';

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
