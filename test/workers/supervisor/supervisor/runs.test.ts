import { describe, expect, test } from 'vitest';
import { NEED, newWork } from '../../../helpers/new-work.ts';
import { again, ENDED, LIMITS, pass, started, underFakeTimers } from './started.ts';

underFakeTimers();

describe('a supervisor', () => {
  test('runs the backlog and uploads, as many at once as it may', async () => {
    const { supervisor, names, nth, upload } = await started(newWork('old'));
    expect(supervisor.isReady).toBe(true);
    await upload(newWork('new'));
    expect(names()).toEqual(['old', 'new']);
    expect(nth(0).worker).not.toBe(nth(1).worker);
    const refused = supervisor.reserve(NEED);
    await pass(LIMITS.handOffTimeoutMs);
    expect(await refused).toBe('busy');
    await nth(0).ends(ENDED);
    await upload(newWork('newer'));
    expect(names()).toEqual(['old', 'new', 'newer']);
  });

  test('gives its workers one job after another', async () => {
    const { children, nth, upload } = await started();
    for (let job = 0; job < 10; job++) {
      await upload(newWork('job'));
      await nth(job).ends(ENDED);
    }
    expect(children).toHaveLength(3);
  });

  test('tells a run how many workers have nothing to do beside it, the spare not counted', async () => {
    const { nth, upload } = await started(newWork('alone'));
    await upload(newWork('second'));
    await nth(0).ends(ENDED);
    await upload(newWork('third'));
    expect([0, 1, 2].map((run) => nth(run).idleWorkers)).toEqual([1, 0, 0]);
  });

  test('tells which jobs are being published while their workers have others', async () => {
    const [first, second] = [newWork('first'), newWork('second')];
    const { supervisor, nth, upload } = await started(first);
    expect([supervisor.slots, supervisor.publishing]).toEqual([2, []]);
    nth(0).freesWorker();
    expect([supervisor.slots, supervisor.publishing]).toEqual([2, [first.jobId]]);
    await upload(second);
    expect([supervisor.slots, supervisor.publishing]).toEqual([2, [first.jobId]]);
    await nth(1).ends(ENDED);
    expect([supervisor.slots, supervisor.publishing]).toEqual([2, [first.jobId]]);
  });

  test('runs a job again after the time that its run has asked for', async () => {
    const { names, nth } = await started(newWork('job'));
    await nth(0).ends(again(500));
    await pass(499);
    expect(names()).toEqual(['job']);
    await pass(1);
    expect(names()).toEqual(['job', 'job']);
    expect(nth(1).work).toEqual(nth(0).work);
    await nth(1).ends(ENDED);
    await pass(5_000);
    expect(names()).toHaveLength(2);
  });

  test('is not ready, and lets nobody wait, where workers die before they are ready', async () => {
    const { supervisor, children, breakerOpened } = await started();
    for (const child of children) child.ends(null, 'SIGKILL');
    await pass(0);
    expect(supervisor.isReady).toBe(false);
    for (let death = 0; !breakerOpened.mock.calls.length && death < 20; death++) {
      for (const child of children) child.ends(1, null);
      await pass(1_000);
    }
    expect(breakerOpened).toHaveBeenCalledOnce();
    expect(supervisor.isReady).toBe(false);
    expect(await supervisor.reserve(NEED)).toBe('no_workers');
  });
});
