import { hasEnded } from '../../../shared/domain/job.ts';
import type { Kept, Ledger } from './ledger.ts';
import { mayEnd, nameOf } from './recipe.ts';
import type { Records } from './records.ts';

/** Holds what the clients were told against what the database says. */
export function auditRecords(records: Records, ledger: Ledger): void {
  auditAccepted(records, ledger);
  auditJobs(records, ledger);
  auditSets(records, ledger);
}

function auditAccepted({ images, jobs }: Records, ledger: Ledger): void {
  const existing = new Set<string>(images.map(({ id }) => id));
  const imageOf = new Map<string, string>(jobs.map(({ id, image_id }) => [id, image_id]));
  for (const { imageId, jobId, deletion } of ledger.accepted) {
    const name = `image ${imageId}`;
    if (imageOf.get(jobId) !== imageId) ledger.broke('missing', name, `it has no job ${jobId}`);
    if (existing.has(imageId) && deletion === 'done') {
      ledger.broke('unexpected end', name, 'deleted, and there again');
    }
    if (!existing.has(imageId) && deletion === 'none') ledger.broke('missing', name, 'it has no row');
  }
}

function auditJobs({ jobs, runs }: Records, ledger: Ledger): void {
  const kept = new Map<string, Kept>(ledger.accepted.map((one) => [one.imageId, one]));
  const runsOf = Map.groupBy(runs, ({ job_id }) => job_id);
  const withJob = new Set<string>();
  for (const { id, image_id, request_id, state, failure } of jobs) {
    const name = `image ${image_id}`;
    const attempt = ledger.attempts.get(request_id);
    if (!attempt || attempt.answer === 'refused') {
      ledger.broke('kept though refused', name, `upload ${request_id}`);
    }
    const upload = attempt?.key ?? request_id;
    if (withJob.has(upload)) ledger.broke('duplicated', name, `upload ${upload} has another image`);
    withJob.add(upload);

    const endless = runsOf.get(id)?.find(({ outcome }) => outcome === null);
    if (!hasEnded(state)) ledger.broke('missing', name, `job ${id} is still ${state}`);
    else if (endless) ledger.broke('missing', name, `run ${endless.id} has no end`);

    if (!attempt || !hasEnded(state)) continue;
    const { recipe } = attempt;
    const deletion = kept.get(image_id)?.deletion ?? 'none';
    const isDeleted = state === 'cancelled' && deletion !== 'none';
    if (mayEnd(recipe, state) || isDeleted || isGivenUp({ state, failure })) continue;
    const kind = recipe.fault === null ? 'good picture lost' : 'unexpected end';
    ledger.broke(kind, name, `${nameOf(recipe)}, job ${id}: ${state}, ${failure}`);
  }
}

/** It ended because somebody else kept ending its workers, twenty times: allowed, and rare enough to be counted. */
export const isGivenUp = ({ state, failure }: Pick<Records['jobs'][number], 'state' | 'failure'>): boolean =>
  state === 'failed' && failure === 'worker_lost';

/** What has succeeded has one set, which it names; nothing else has. */
function auditSets({ images, jobs, runs, sets }: Records, ledger: Ledger): void {
  const known = new Set<string>(sets.map(({ run_id }) => run_id));
  const succeeded = new Set<string>(
    jobs.filter(({ state }) => state === 'succeeded').map(({ image_id }) => image_id),
  );
  for (const { id, published_run } of images) {
    const hasSet = published_run !== null && known.has(published_run);
    if (succeeded.has(id) === hasSet) continue;
    ledger.broke('half-published', `image ${id}`, hasSet ? 'a set and no success' : 'a success and no set');
  }

  const named = new Set<string | null>(images.map(({ published_run }) => published_run));
  for (const { run_id } of sets) {
    if (!named.has(run_id)) ledger.broke('orphaned', `set of run ${run_id}`, 'no image names it');
  }

  const imageOf = new Map<string, string>(jobs.map(({ id, image_id }) => [id, image_id]));
  const done = new Set<string | undefined>();
  for (const { id, job_id } of runs.filter(({ outcome }) => outcome === 'succeeded')) {
    const image = imageOf.get(job_id);
    if (done.has(image)) ledger.broke('duplicated', `image ${image}`, `run ${id} is not the only success`);
    done.add(image);
  }
}
