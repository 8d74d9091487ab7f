import { beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { DEFAULT_TENANT, newImageId, newJobId } from '../../../shared/domain/ids.ts';
import type { Work } from '../../../shared/jobs/records.ts';
import type { Need } from '../../../shared/queue/hand-off.ts';
import type { Runner } from '../../../workers/supervisor/runner.ts';
import type { RunAftermath } from '../../../workers/supervisor/settlement.ts';
import { Supervisor } from '../../../workers/supervisor/supervisor.ts';
import type { WorkerProcess } from '../../../workers/supervisor/worker-process.ts';
import { fakeLaunch } from '../../helpers/fake-child.ts';
import { recordingLog } from '../../helpers/recording-log.ts';

const LIMITS = {
  workers: 2,
  queueDepth: 0,
  handOffTimeoutMs: 100,
  workerMaxRuns: 1_000,
  workerMaxRssBytes: 2 ** 30,
  batchDepth: 0,
  isShared: false,
  memoryBudgetBytes: 2 ** 30,
};
/** It has ended alone. */
const ENDED = 'ended';
const again = (inMs: number): RunAftermath => ({ kind: 'again', inMs, isSuspect: false });

const NEED: Need = { tenant: DEFAULT_TENANT, memoryBytes: 0, isBatch: false };

const newWork = (name: string): Work => ({
  jobId: newJobId(),
  imageId: newImageId(),
  tenant: DEFAULT_TENANT,
  memoryBytes: 0,
  preset: 'default',
  requestId: name,
  format: 'jpeg',
  recipeDigest: null,
  isSuspect: false,
  isBatch: false,
});

interface FakeRun {
  work: Work;
  worker: WorkerProcess;
  idleWorkers: number;
  signal: AbortSignal;
  /** Its worker may have the next run, and what it has made is being published. */
  freesWorker(): void;
  /** Frees the worker and tells what becomes of the job. */
  ends(aftermath: RunAftermath | typeof ENDED): Promise<void>;
}

beforeEach(() => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
});

/** Less than 10 s at a time: the fakes have no heartbeat, and would be killed. */
const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

function abortedIn(ms: number): AbortSignal {
  const controller = new AbortController();
  setTimeout(() => controller.abort(), ms);
  return controller.signal;
}

/** A supervisor of fake workers that are ready; its runs end when the test says so. */
async function started(...backlog: Work[]) {
  const runs: FakeRun[] = [];
  const run: Runner['run'] = (work, worker, idleWorkers, workerFree, signal) =>
    new Promise((resolve) => {
      const ends: FakeRun['ends'] = async (aftermath) => {
        workerFree();
        resolve(aftermath === ENDED ? { kind: 'ended', jobs: [work.jobId], promoted: null } : aftermath);
        await pass(0);
      };
      runs.push({ work, worker, idleWorkers, signal, freesWorker: workerFree, ends });
    });
  const { children, launch } = fakeLaunch();
  const breakerOpened = vi.fn();
  const { log } = recordingLog();
  const supervisor = new Supervisor(LIMITS, launch, { run } as unknown as Runner, log, breakerOpened);
  supervisor.start(backlog);
  expect(supervisor.isReady, 'no worker is ready yet').toBe(false);
  for (const child of children) child.says({ type: 'ready', decoder: 'a fixture' });
  await pass(0);
  const names = () => runs.map(({ work }) => work.requestId);
  const nth = (index: number) => {
    const found = runs[index];
    if (!found) throw new Error(`there is no run ${index}`);
    return found;
  };
  const upload = async (work: Work) => {
    const reservation = await supervisor.reserve(NEED);
    if (typeof reservation === 'string') throw new Error(reservation);
    reservation.submit(work);
  };
  return { supervisor, children, breakerOpened, names, nth, upload };
}

/** Whether a promise has resolved by now. */
function watched<T>(promise: Promise<T>) {
  const state = { resolved: false };
  void promise.then(() => {
    state.resolved = true;
  });
  return state;
}

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
