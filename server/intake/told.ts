import type { ImageId, JobId, Tenant } from '../../shared/domain/ids.ts';
import { StoreError } from '../../shared/errors.ts';
import type { NoRoom } from '../../shared/queue/hand-off.ts';
import type { Logger } from '../../shared/telemetry/logger.ts';
import { type Took, uploadsTotal } from '../../shared/telemetry/metrics.ts';
import { Problem, type ProblemCode, problemOf } from '../problem.ts';

/** What is known of an upload at its end. */
export interface Told {
  tenant: Tenant;
  lane: 'upload' | 'batch';
  /** What its steps took, those that it came to. */
  ms: Took;
  bytes?: number;
  format?: string;
  width?: number;
  height?: number;
  preset?: string;
  imageId?: ImageId;
  jobId?: JobId;
  sharedRunOf?: JobId | null;
  /** Why there is no worker for it. */
  reason?: NoRoom | 'line_too_long';
}

/** One line tells of an accepted upload all that matters, and it is counted. */
export function tellAccepted(told: Told, isRepeated: boolean, log: Logger): void {
  uploadsTotal.inc({ outcome: isRepeated ? 'repeated' : 'accepted' });
  log.info(told, isRepeated ? 'upload repeated' : 'upload accepted');
}

/** The same of a refused one. */
export function tellRefused(told: Told, error: unknown, log: Logger): void {
  const problem = codeOf(error);
  uploadsTotal.inc({ outcome: problem });
  log.info({ problem, ...told }, 'upload refused');
}

function codeOf(error: unknown): ProblemCode {
  if (error instanceof Problem) return error.code;
  return error instanceof StoreError ? problemOf(error).code : 'internal';
}
