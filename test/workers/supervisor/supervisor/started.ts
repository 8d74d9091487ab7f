import { beforeEach, expect, onTestFinished, vi } from 'vitest';
import type { Work } from '../../../../shared/jobs/records.ts';
import type { Runner } from '../../../../workers/supervisor/runner.ts';
import type { RunAftermath } from '../../../../workers/supervisor/settlement.ts';
import { Supervisor } from '../../../../workers/supervisor/supervisor.ts';
import type { WorkerProcess } from '../../../../workers/supervisor/worker-process.ts';
import { fakeLaunch } from '../../../helpers/fake-child.ts';
import { NEED } from '../../../helpers/new-work.ts';
import { recordingLog } from '../../../helpers/recording-log.ts';

export const LIMITS = {
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
export const ENDED = 'ended';
export const again = (inMs: number): RunAftermath => ({ kind: 'again', inMs, isSuspect: false });

export interface FakeRun {
  work: Work;
  worker: WorkerProcess;
  idleWorkers: number;
  signal: AbortSignal;
  /** Its worker may have the next run, and what it has made is being published. */
  freesWorker(): void;
  /** Frees the worker and tells what becomes of the job. */
  ends(aftermath: RunAftermath | typeof ENDED): Promise<void>;
}

/** Each test moves the clock. */
export function underFakeTimers(): void {
  beforeEach(() => {
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
  });
}

/** Less than 10 s at a time: the fakes have no heartbeat, and would be killed. */
export const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

export function abortedIn(ms: number): AbortSignal {
  const controller = new AbortController();
  setTimeout(() => controller.abort(), ms);
  return controller.signal;
}

/** A supervisor of fake workers that are ready; its runs end when the test says so. */
export async function started(...backlog: Work[]) {
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
export function watched<T>(promise: Promise<T>) {
  const state = { resolved: false };
  void promise.then(() => {
    state.resolved = true;
  });
  return state;
}
