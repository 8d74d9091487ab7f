import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { z } from 'zod';
import { auditFiles } from '../crash/chaos/audit-files.ts';
import { filesIn, leftInFolder } from '../crash/chaos/files.ts';
import { Ledger } from '../crash/chaos/ledger.ts';
import { type Records, readRecords } from '../crash/chaos/records.ts';
import { countOne } from '../load/statistics.ts';

/** An upload that was answered with 200. */
export interface Accepted {
  /** The case that has sent it. */
  subject: string;
  imageId: string;
  jobId: string;
}

export interface Audit {
  /** By state and failure, such as `failed image_unreadable`; every job of the service, also of mutated requests. */
  jobs: Record<string, number>;
  /** By outcome, failure and signal. */
  runs: Record<string, number>;
  quarantined: number;
}

/** @param isBroken as a promise, or only worth a look */
export type Tell = (subject: string, how: string, isBroken: boolean) => void;

/** Ends that are the picture's own doing, or nobody's. Others are worth a look, though nothing is broken. */
const USUAL = new Set(['succeeded', 'failed image_unreadable', 'failed image_too_large']);

/** Holds the data of a service that has ended against what was answered, and tells what is not as promised. */
export async function audit(
  folder: string,
  accepted: readonly Accepted[],
  deaths: readonly number[],
  tell: Tell,
): Promise<Audit> {
  const database = join(folder, 'darkroom.db');
  const records = readRecords(database);
  const subjects = new Map(accepted.map(({ jobId, subject }) => [jobId, subject]));
  const found: Audit = { jobs: {}, runs: {}, quarantined: bansIn(database) };
  for (const { state, failure, id } of records.jobs) {
    const end = [state, failure].filter(Boolean).join(' ');
    countOne(found.jobs, end);
    if (!USUAL.has(end) && state !== 'cancelled')
      tell(subjects.get(id) ?? `job ${id}`, end, state === 'queued' || state === 'running');
  }
  for (const { outcome, failure, signal } of records.runs)
    countOne(found.runs, [outcome ?? 'without an end', failure, signal].filter(Boolean).join(' '));
  auditAccepted(records, accepted, tell);
  auditDeaths(records, deaths, subjects, tell);
  const ledger = new Ledger();
  await auditFiles(filesIn(folder), records, ledger);
  for (const path of await leftInFolder(folder)) ledger.broke('orphaned', path, 'no row names it');
  for (const { kind, subject, how } of ledger.breaches) tell(subject, `${kind}: ${how}`, true);
  return found;
}

/** The bytes that are refused. */
function bansIn(path: string): number {
  const db = new DatabaseSync(path, { readOnly: true });
  try {
    return z.object({ bans: z.int() }).parse(db.prepare('SELECT COUNT(*) AS bans FROM quarantine').get())
      .bans;
  } finally {
    db.close();
  }
}

/** What was accepted is there, or was deleted. */
function auditAccepted(
  { images, deleted_images: deleted, jobs }: Records,
  accepted: readonly Accepted[],
  tell: Tell,
): void {
  const known = new Set<string>([...images, ...deleted].map(({ id }) => id));
  const jobOf = new Set<string>(jobs.map(({ id }) => id));
  const gone = new Set(deleted.map(({ id }) => id));
  for (const { subject, imageId, jobId } of accepted) {
    if (!known.has(imageId) || (!jobOf.has(jobId) && !gone.has(imageId)))
      tell(subject, 'accepted, and not there', true);
  }
}

/** Each death is charged to a run, or the run goes on elsewhere; two of the decoder's quarantine, and nothing else does. */
function auditDeaths(
  { runs, jobs }: Records,
  deaths: readonly number[],
  subjects: ReadonlyMap<string, string>,
  tell: Tell,
): void {
  const isCharged = ({ outcome }: (typeof runs)[number]) => outcome !== 'succeeded' && outcome !== 'rejected';
  const charged = new Set(runs.filter(isCharged).map((run) => run.worker_pid));
  for (const pid of deaths) if (!charged.has(pid)) tell(`worker ${pid}`, 'died, and no run says so', true);

  const crashes = Map.groupBy(
    runs.filter(({ outcome }) => outcome === 'crashed'),
    (run) => run.job_id,
  );
  for (const { id, state, counted_from_run, shared_run_of } of jobs) {
    const subject = subjects.get(id) ?? `job ${id}`;
    const all = crashes.get(id) ?? [];
    for (const { failure } of all) tell(subject, `a worker crashed: ${failure}`, false);
    // Those before a retry by hand no longer count.
    const counted = all.filter(
      ({ number, failure }) => number >= counted_from_run && failure === 'worker_crashed',
    );
    const isDue = counted.length >= 2;
    // What shares a run shares its end, and has no run of its own.
    if (shared_run_of === null && isDue !== (state === 'quarantined'))
      tell(subject, `${counted.length} deaths of its decoder, and ${state}`, true);
  }
}
