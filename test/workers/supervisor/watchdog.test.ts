import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Watchdog } from '../../../workers/supervisor/watchdog.ts';

const MS = 1_000;

/** Turns of the loop stay real: a watchdog waits for one. */
beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }));
afterEach(() => void vi.useRealTimers());

function watchdog() {
  const bark = vi.fn();
  const dog = new Watchdog(MS, bark);
  const pass = async (ms: number) => {
    vi.advanceTimersByTime(ms);
    await nextTurn();
  };
  return { dog, bark, pass };
}

describe('a watchdog', () => {
  test('barks once, when nothing has reset it for its time', async () => {
    const { dog, bark, pass } = watchdog();
    dog.reset();
    await pass(MS - 1);
    expect(bark).not.toHaveBeenCalled();
    await pass(1);
    expect(bark).toHaveBeenCalledOnce();
    await pass(10 * MS);
    expect(bark).toHaveBeenCalledOnce();
  });

  test('begins its time anew at each reset', async () => {
    const { dog, bark, pass } = watchdog();
    for (let reset = 0; reset < 3; reset++) {
      dog.reset();
      await pass(MS - 1);
    }
    expect(bark).not.toHaveBeenCalled();
    await pass(1);
    expect(bark).toHaveBeenCalledOnce();
  });

  test('waits for its first reset', async () => {
    const { bark, pass } = watchdog();
    await pass(10 * MS);
    expect(bark).not.toHaveBeenCalled();
  });

  test('is silent after a stop, until it is reset', async () => {
    const { dog, bark, pass } = watchdog();
    dog.reset();
    dog.stop();
    await pass(10 * MS);
    expect(bark).not.toHaveBeenCalled();
    dog.reset();
    await pass(MS);
    expect(bark).toHaveBeenCalledOnce();
  });

  test.each(['reset', 'stop'] as const)(
    'counts a %s that was read in the turn of the loop after its time',
    async (call) => {
      const { dog, bark } = watchdog();
      dog.reset();
      vi.advanceTimersByTime(MS);
      expect(bark, 'it gives the loop a turn').not.toHaveBeenCalled();
      dog[call]();
      await nextTurn();
      expect(bark).not.toHaveBeenCalled();
    },
  );
});
