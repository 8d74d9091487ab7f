import type { FailureCode, RunOutcome } from '../../shared/domain/job.ts';
import { signalOf, type WorkerEnd } from './worker-end.ts';

/** What others send; a decoder dies of none of them. */
const FROM_OUTSIDE = new Set(['SIGKILL', 'SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT']);

/** What the end of a worker without a result means for the run that it was at. */
export function outcomeOfEnd(end: WorkerEnd): { outcome: RunOutcome; failure: FailureCode } {
  switch (end.killedFor) {
    case 'deadline':
      return { outcome: 'timed-out', failure: 'deadline_exceeded' };
    case 'heartbeat':
      return { outcome: 'timed-out', failure: 'heartbeat_lost' };
    case 'protocol':
      return { outcome: 'crashed', failure: 'protocol_error' };
    case 'drain':
    case 'retired':
    case 'not-ready':
      return { outcome: 'interrupted', failure: 'worker_lost' };
    case null: {
      const signal = signalOf(end);
      const outside = signal !== null && FROM_OUTSIDE.has(signal);
      if (outside) return { outcome: 'interrupted', failure: 'worker_lost' };
      return { outcome: 'crashed', failure: end.outOfMemory ? 'out_of_memory' : 'worker_crashed' };
    }
  }
}
