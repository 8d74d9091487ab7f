import { describe, expect, test, vi } from 'vitest';
import { NEED, newWork } from '../../../helpers/new-work.ts';
import { again, ENDED, type FakeRun, pass, started, underFakeTimers, watched } from './started.ts';

underFakeTimers();

describe('a drain', () => {
  const WITHIN_MS = 8_000;
  const endsWithItsWorker = (run: FakeRun) => run.worker.ended.then(() => run.ends(again(0)));

  test('waits for the runs, then ends the workers, and was clean', async () => {
    const { supervisor, children, nth } = await started(newWork('one'), newWork('two'));
    const drained = supervisor.drain(performance.now() + WITHIN_MS);
    const over = watched(drained);
    await nth(0).ends(ENDED);
    await pass(5_000);
    expect(over.resolved).toBe(false);
    expect(children.every(({ connected }) => connected)).toBe(true);
    await nth(1).ends(ENDED);
    expect(await drained).toBe(true);
    expect(children.map(({ heard, exitCode }) => [heard.at(-1)?.type, exitCode])).toEqual(
      children.map(() => ['stop', 0]),
    );
    expect(supervisor.isReady).toBe(false);
  });

  test('starts nothing more: no upload, no backlog, no retry', async () => {
    const { supervisor, names, nth, children } = await started(
      newWork('one'),
      newWork('two'),
      newWork('waits'),
    );
    await nth(0).ends(again(1_000));
    expect(names()).toEqual(['one', 'two', 'waits']);
    const refused = supervisor.reserve(NEED);
    const drained = supervisor.drain(performance.now() + WITHIN_MS);
    expect(await refused).toBe('draining');
    expect(await supervisor.reserve(NEED)).toBe('draining');
    await pass(5_000);
    await nth(1).ends(again(1_000));
    await nth(2).ends(ENDED);
    expect(await drained).toBe(true);
    await pass(60_000);
    expect(names()).toHaveLength(3);
    expect(children, 'no worker is replaced').toHaveLength(3);
  });

  test('leaves no retry behind that would keep the process', async () => {
    const { supervisor, nth } = await started(newWork('one'));
    await nth(0).ends(again(5_000));
    await supervisor.drain(performance.now() + WITHIN_MS);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('kills what still runs shortly before its time is over, and was not clean', async () => {
    const { supervisor, children, nth } = await started(newWork('stuck'));
    const drained = supervisor.drain(performance.now() + WITHIN_MS);
    const over = watched(drained);
    void endsWithItsWorker(nth(0));
    await pass(WITHIN_MS - 501);
    expect(children.every(({ signalCode }) => signalCode === null)).toBe(true);
    await pass(1);
    expect(over.resolved, 'the end of the run is settled in the time that is left').toBe(true);
    expect(await drained).toBe(false);
    expect(await nth(0).worker.ended).toMatchObject({ signal: 'SIGKILL', killedFor: 'drain' });
  });

  test('ends in time where the end of a run cannot be recorded, and gives it up', async () => {
    const { supervisor, nth } = await started(newWork('stuck'));
    const drained = supervisor.drain(performance.now() + WITHIN_MS);
    const over = watched(drained);
    await pass(WITHIN_MS - 1);
    expect(over.resolved).toBe(false);
    expect(nth(0).signal.aborted).toBe(false);
    await pass(1);
    expect(await drained).toBe(false);
    expect(nth(0).signal.aborted).toBe(true);
  });

  test('is over at once where nothing runs', async () => {
    const { supervisor } = await started();
    expect(await supervisor.drain(performance.now() + WITHIN_MS)).toBe(true);
  });

  test('is cut short by a kill', async () => {
    const { supervisor, children, nth } = await started(newWork('stuck'));
    void endsWithItsWorker(nth(0));
    const drained = supervisor.drain(performance.now() + WITHIN_MS);
    await pass(0);
    supervisor.kill();
    expect(children.map(({ signalCode }) => signalCode)).toEqual(children.map(() => 'SIGKILL'));
    await drained;
  });
});
