import type { Target } from '../../load/connections.ts';
import type { Files } from './files.ts';
import type { Records } from './records.ts';
import type { Outage } from './without-worker.ts';

/** Numbers of its own for each that decides by chance, counted from 0. */
export type RandomOf = (actor: number) => () => number;

/** What a run of chaos has running and kills, and looks at when that is over. */
export interface Site extends AsyncDisposable {
  /** Where the next request goes. */
  target(): Target;
  /** Resolves when all of it listens. */
  start(): Promise<void>;
  /** Pids of all workers that live. */
  workers(): Promise<number[]>;
  /** Kills all but workers, again and again; resolves when it is over. */
  kill(randomOf: RandomOf, over: AbortSignal): Promise<void>;
  /** Kills it all at once and starts it, for the last time. */
  startForAudit(): Promise<void>;
  /** Ends it in peace, when every job has ended. */
  end(): Promise<Remains>;
  measured(): Measured;
}

export interface Remains {
  records: Records;
  files: Files;
  /** What should not be there any more, beside files that no row names. */
  left: readonly string[];
}

export interface Measured {
  /** By what was killed and how. */
  serviceKills: Record<string, number>;
  /** Of one process that listened and has workers. */
  noWorker: Outage;
  /** Of one process. */
  down: Outage;
}
