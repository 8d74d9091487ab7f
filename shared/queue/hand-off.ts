import type { ImageId, JobId, RunId, Tenant } from '../domain/ids.ts';
import type { Work } from '../jobs/records.ts';
import type { StepName } from '../protocol.ts';

/** Room that an upload holds while it is being accepted: use it or give it back, once. */
export interface Reservation {
  /** Where the uploads of several nodes are in one line: the lower ones go first. */
  turn?: number;
  /** The work is accepted and on disk: run it. */
  submit(work: Work): void;
  /** The upload was not accepted after all. */
  release(): void;
}

/** What an upload asks for. */
export interface Need {
  tenant: Tenant;
  /** That its run takes at the most, beside what an idle worker has. */
  memoryBytes: number;
  /** It may wait for as long as others want the workers. */
  isBatch: boolean;
}

/** Why there is no room. `busy`: no worker came free in time. The others do not change by waiting a little. */
export type NoRoom = 'busy' | 'draining' | 'no_workers';

/**
 * Where accepted work goes. With a depth of 0 it is like an unbuffered channel: an upload is taken only when
 * a worker is ready for it, at once or within HANDOFF_TIMEOUT_MS.
 */
export interface HandOff {
  reserve(need: Need): Promise<Reservation | NoRoom>;

  /**
   * Whether an upload is worth reading. False while every worker is busy and many more have come than can be served in
   * the hand-off time, or the batch lane is full: it would be read only to be refused.
   */
  isWorthReading(who: Pick<Need, 'tenant' | 'isBatch'>): boolean;

  /** To be told of each upload that has begun to come, so that not too many are read. */
  comes(tenant: Tenant): void;
}

/** Where a job goes that was queued again: behind the uploads, as the backlog. */
export interface Retries {
  addBacklog(work: Work): void;
}

/** Tells when jobs end, in this process. */
export interface JobWatch {
  /** Resolves when the job ends, or the signal is aborted, or when the service drains. */
  ended(job: JobId, signal: AbortSignal): Promise<void>;
}

/** How many workers there are, for who looks from outside. */
export interface WorkerCounts {
  /** Runs that can go on at the same time. One process more is kept, the spare. */
  atOnce: number;
  /** Processes that are ready, at work or not. */
  ready: number;
  idle: number;
  running: number;
}

export const WORKER_STATES = ['starting', 'ready', 'running', 'retired', 'ending'] as const;

/** One worker process, for who looks from outside. */
export interface WorkerState {
  pid: number;
  /** `retired`: it ends after its run; `ending`: it was given up, or has died. */
  state: (typeof WORKER_STATES)[number];
  ageMs: number;
  /** That it has had. */
  runs: number;
  /** Of its last heartbeat; 0 before the first. */
  rssBytes: number;
  /** Null: it has none. */
  run: {
    runId: RunId;
    jobId: JobId;
    imageId: ImageId;
    /** Since it was handed over. */
    ms: number;
    /** As the worker says; null: it has not said. */
    step: StepName | null;
  } | null;
}
