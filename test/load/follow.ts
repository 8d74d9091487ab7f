import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import type { JobState } from '../../shared/domain/job.ts';
import { jobStateIn } from './answers.ts';
import { keptConnections, type Target } from './connections.ts';
import { exchange } from './exchange.ts';

/** Few, for the server is to be watched here and not loaded. */
const FOLLOWERS = 16;
const MIN_PAUSE_MS = 100;
const MAX_PAUSE_MS = 2_000;

export interface Following {
  target: Target;
  jobs: readonly string[];
  timeoutMs: number;
  /** Aborted when the person does not want to wait any more. */
  signal: AbortSignal;
  onEnded: () => void;
}

export interface JobsEnded {
  succeeded: number;
  failed: number;
  quarantined: number;
  cancelled: number;
  /** The service accepted it and does not know it. */
  notFound: number;
  /** Known, or nobody answered, and it had not ended when no job had ended for `timeoutMs`. */
  neverEnded: number;
  /** Nobody looked any more: the following was interrupted. */
  notFollowed: number;
}

export const missing = (ended: JobsEnded): number => ended.notFound + ended.neverEnded;

type Look = Exclude<JobState, 'queued' | 'running'> | 'notFound' | 'pending';

/** Looks at every job in rounds until it has ended. A server that restarts meanwhile is only slow. */
export async function followJobs({
  target,
  jobs,
  timeoutMs,
  signal,
  onEnded,
}: Following): Promise<JobsEnded> {
  const ended: JobsEnded = {
    succeeded: 0,
    failed: 0,
    quarantined: 0,
    cancelled: 0,
    notFound: 0,
    neverEnded: 0,
    notFollowed: 0,
  };
  const agent = keptConnections(FOLLOWERS);
  let pending = [...jobs];
  let lastEndAt = performance.now();
  while (pending.length > 0 && !signal.aborted && performance.now() - lastEndAt < timeoutMs) {
    const roundStart = performance.now();
    const left: string[] = [];
    const queue = pending.values();
    const follower = async (): Promise<void> => {
      for (const path of queue) {
        const look = signal.aborted ? 'pending' : await lookAt(path);
        if (look === 'pending') {
          left.push(path);
          continue;
        }
        ended[look] += 1;
        lastEndAt = performance.now();
        onEnded();
      }
    };
    await Promise.all(Array.from({ length: FOLLOWERS }, follower));
    pending = left;
    // As long a rest as the round took: a backlog of thousands costs the server half a follower's pace at most.
    const restMs = Math.min(Math.max(performance.now() - roundStart, MIN_PAUSE_MS), MAX_PAUSE_MS);
    if (pending.length > 0) await sleep(restMs, undefined, { signal }).catch(() => {}); // the loop sees the abort
  }
  agent.destroy();
  ended[signal.aborted ? 'notFollowed' : 'neverEnded'] = pending.length;
  return ended;

  async function lookAt(path: string): Promise<Look> {
    const result = await exchange({ target, agent, method: 'GET', path, timeoutMs });
    if (result.kind === 'transport-error') return 'pending';
    if (result.status === 404 || result.status === 410) return 'notFound';
    const state = result.status === 200 ? jobStateIn(result.body) : undefined;
    return state === undefined || state === 'queued' || state === 'running' ? 'pending' : state;
  }
}
