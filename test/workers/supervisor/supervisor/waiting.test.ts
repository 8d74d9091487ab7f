import { describe, expect, test } from 'vitest';
import { newJobId } from '../../../../shared/domain/ids.ts';
import { newWork } from '../../../helpers/new-work.ts';
import { abortedIn, again, ENDED, pass, started, underFakeTimers, watched } from './started.ts';

underFakeTimers();

describe('who waits for the end of a job', () => {
  const job = newWork('job');

  test('hears of it, and so does everybody else who waits for it', async () => {
    const { supervisor, nth } = await started(job);
    const one = watched(supervisor.ended(job.jobId, abortedIn(4_000)));
    const other = watched(supervisor.ended(job.jobId, abortedIn(5_000)));
    const stranger = watched(supervisor.ended(newJobId(), abortedIn(4_000)));
    await nth(0).ends(ENDED);
    expect({ one, other, stranger }).toMatchObject({
      one: { resolved: true },
      other: { resolved: true },
      stranger: { resolved: false },
    });
  });

  test('hears of the end of a run that its job shares', async () => {
    const { supervisor, nth } = await started(job);
    const follower = newJobId();
    const waiting = watched(supervisor.ended(follower, abortedIn(4_000)));
    await nth(0).ends({ kind: 'ended', jobs: [job.jobId, follower], promoted: null });
    expect(waiting.resolved).toBe(true);
  });

  test('the follower that has to run instead of its leader runs', async () => {
    const { nth, names } = await started(job);
    await nth(0).ends({ kind: 'ended', jobs: [job.jobId], promoted: newWork('follower') });
    expect(names()).toEqual(['job', 'follower']);
  });

  test('does not wait when there is no time for it', async () => {
    const { supervisor } = await started(job);
    await supervisor.ended(job.jobId, AbortSignal.abort());
  });

  test('does not hear of a run after which there is another', async () => {
    const { supervisor, nth } = await started(job);
    const waiting = watched(supervisor.ended(job.jobId, abortedIn(4_000)));
    await nth(0).ends(again(10));
    await pass(10);
    expect(waiting.resolved).toBe(false);
    await nth(1).ends(ENDED);
    expect(waiting.resolved).toBe(true);
  });

  test('waits no longer than asked', async () => {
    const { supervisor } = await started(job);
    const waiting = watched(supervisor.ended(job.jobId, abortedIn(4_000)));
    const longer = watched(supervisor.ended(job.jobId, abortedIn(5_000)));
    await pass(3_999);
    expect(waiting.resolved).toBe(false);
    await pass(1);
    expect([waiting.resolved, longer.resolved]).toEqual([true, false]);
  });

  test('is let go at the end of a drain', async () => {
    const { supervisor, nth } = await started(job);
    const waiting = watched(supervisor.ended(job.jobId, abortedIn(9_000)));
    const drained = supervisor.drain(performance.now() + 8_000);
    await pass(1_000);
    expect(waiting.resolved).toBe(false);
    await nth(0).ends(again(1_000));
    await drained;
    await pass(0);
    expect(waiting.resolved).toBe(true);
  });
});
