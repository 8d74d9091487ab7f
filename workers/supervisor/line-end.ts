import type { Work } from '../../shared/jobs/records.ts';

/** What the line asks of those behind it. */
export interface LineEnd {
  /** Workers that are ready and without work. */
  idleWorkers(): number;
  /** False while nothing can become ready. */
  hasWorkers(): boolean;
  /** Runs a job on an idle worker; the line is told by `Line.ran` when the worker is free again. */
  start(work: Work): void;
  /** Runs a job on a worker that has run nothing before. False: there is none yet, and the line is told of one. */
  startFresh(work: Work): boolean;
  /** A worker is free, and nothing waits for it. */
  vacant(): void;
}
