import { statSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { type Fault, faultPicture, goodPicture } from '../fixtures/fault-pictures.ts';
import { expectWhole, type JobWithRuns, outcomesOf } from './aftermath.ts';
import { eventually } from './eventually.ts';
import type { LogLine, RunningService } from './service.ts';
import { type Accepted, endOf, upload } from './upload.ts';

/** A picture that commits its fault in its first run alone has told its worker so: it is about to, or has. */
export async function committed(service: RunningService, { id }: Accepted): Promise<void> {
  const mark = join(service.folder, 'scratch', 'idle', `ran-${id}`);
  // It is made before anything is in it: who is killed in between has not counted.
  await eventually('the fault', () => (statSync(mark, { throwIfNoEntry: false })?.size ?? 0) > 0);
}

export interface FaultRun {
  /** Of the picture that committed the fault in its first run. */
  job: JobWithRuns;
  /** How its runs ended. */
  outcomes: string[];
  /** What the service has logged of its first worker, to the end of that. */
  lines: LogLine[];
}

/**
 * Uploads a picture that commits a fault in its first run, with a good one beside it and one after it. Checks all that
 * must hold after any crash, and that the good ones did not notice. Where a worker answers before it ends, it may be
 * handed one of them in between, which then has another run: every failed run was on that worker, and nobody is banned.
 */
export async function commitOnce(service: RunningService, fault: Fault, workers = 2): Promise<FaultRun> {
  const faulty = await upload(service, faultPicture(fault, { runs: 1 }));
  const beside = await upload(service, goodPicture());
  await endOf(service, faulty);
  const after = await upload(service, goodPicture());
  const jobs = await expectWhole(service, [faulty, beside, after], workers);
  const job = jobs.get(faulty.id);
  if (!job) throw new Error('the job is gone');
  const pid = job.runs[0]?.workerPid;
  for (const { id } of [beside, after]) {
    const { status, runs } = jobs.get(id) ?? { status: 'gone', runs: [] };
    expect(status).toBe('succeeded');
    expect(outcomesOf({ runs: runs.filter(({ workerPid }) => workerPid !== pid) })).toEqual(
      runs.at(-1)?.workerPid === pid ? [] : ['succeeded'],
    );
  }
  expect(await (await service.fetch('/quarantine')).json()).toMatchObject({ quarantined: [] });
  return {
    job,
    outcomes: outcomesOf(job),
    lines: service.lines.filter(({ workerPid }) => workerPid === pid),
  };
}
