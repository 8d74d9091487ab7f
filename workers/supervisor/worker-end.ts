import { constants } from 'node:os';

/**
 * Why we killed a worker.
 * - `not-ready`: it did not become ready in time, or was not when its run came
 * - `deadline`: its run took too long
 * - `heartbeat`: its event loop stood still
 * - `protocol`: it said what no worker of ours says
 * - `drain`: the service is ending
 * - `retired`: it was out of service, and did not end
 */
export type KillReason = 'not-ready' | 'deadline' | 'heartbeat' | 'protocol' | 'drain' | 'retired';

/** How a worker process ended. */
export interface WorkerEnd {
  exitCode: number | null;
  signal: string | null;
  /** Null: not by us. */
  killedFor: KillReason | null;
  /** Its last words were that there is no more memory. */
  outOfMemory?: true;
}

/** Some numbers have two names, such as SIGABRT and SIGIOT: the first, which is POSIX's, is kept. */
const SIGNAL_NAMES = new Map(
  Object.entries(constants.signals)
    .map(([name, number]) => [number, name] as const)
    .reverse(),
);

/** The signal that ended it; a launcher reports its child's signal n as exit code 128 + n (POSIX shells do so). */
export function signalOf({ exitCode, signal }: Pick<WorkerEnd, 'exitCode' | 'signal'>): string | null {
  if (signal !== null) return signal;
  return exitCode !== null && exitCode > 128 ? (SIGNAL_NAMES.get(exitCode - 128) ?? null) : null;
}
