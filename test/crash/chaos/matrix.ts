import { JOB_STATES } from '../../../shared/domain/job.ts';
import { countOne } from '../../load/statistics.ts';
import { isGivenUp } from './audit-records.ts';
import { BREACHES, type Breach } from './breach.ts';
import type { Ledger } from './ledger.ts';
import type { Records } from './records.ts';
import type { Measured } from './site.ts';

/** What is known when the chaos is over. */
export interface Aftermath extends Measured {
  ledger: Ledger;
  records: Records;
  workerKills: Record<string, number>;
}

/** The kill matrix: what was promised, how it ended, what was killed, and what was broken. */
export type Matrix = ReturnType<typeof matrixOf>;

export function matrixOf({ ledger, records, ...measured }: Aftermath) {
  const { attempts, accepted, refused, transportErrors, breaches } = ledger;
  const goodOnes = accepted.filter(({ recipe }) => recipe.fault === null);
  const badOnes = accepted.filter(({ recipe }) => recipe.fault !== null);
  const jobs = new Map<string, Records['jobs'][number]>(records.jobs.map((job) => [job.id, job]));
  const known = new Set<string>(accepted.map(({ jobId }) => jobId));
  const cut = records.jobs.filter(({ request_id }) => attempts.get(request_id)?.answer === 'cut');
  const endsOf = (kept: typeof accepted) =>
    Object.fromEntries(
      JOB_STATES.map((state) => [state, kept.filter(({ jobId }) => jobs.get(jobId)?.state === state).length]),
    );
  const runs: Record<string, number> = {};
  for (const { outcome, signal, exit_code, failure } of records.runs) {
    const how = signal ?? (exit_code === null ? failure : `exit ${exit_code}`);
    countOne(runs, [outcome, how].filter((part) => part !== null).join(' '));
  }
  return {
    accepted: { good: goodOnes.length, fault: badOnes.length },
    ends: { good: endsOf(goodOnes), fault: endsOf(badOnes) },
    deleted: accepted.filter(({ deletion }) => deletion === 'done').length,
    keptUnknown: cut.filter(({ id }) => !known.has(id)).length,
    toldByKey: cut.filter(({ id }) => known.has(id)).length,
    shared: records.jobs.filter(({ shared_run_of }) => shared_run_of !== null).length,
    givenUp: records.jobs.filter(isGivenUp).length,
    breaches: Object.fromEntries(BREACHES.map((kind) => [kind, distinct(breaches, kind)])),
    refused,
    transportErrors,
    runs,
    ...measured,
  };
}

const distinct = (breaches: readonly Breach[], kind: Breach['kind']): number =>
  new Set(breaches.filter((breach) => breach.kind === kind).map(({ subject }) => subject)).size;
