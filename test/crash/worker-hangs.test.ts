import { expect, test } from 'vitest';
import { type Fault, faultPicture, goodPicture } from '../fixtures/fault-pictures.ts';
import { expectCleanEnd, expectWhole, outcomesOf } from '../helpers/aftermath.ts';
import { startService } from '../helpers/service.ts';
import { upload } from '../helpers/upload.ts';

/** Longer than a worker may be silent, which is ten seconds. */
const env = { JOB_TIMEOUT_MS: '13000', N_WORKERS: '4' };

/** What ends each first: the event loop stands still, or it turns while native code never comes back. */
const ENDED_BY = {
  'javascript-loop': 'heartbeat',
  SIGSTOP: 'heartbeat',
  'blocked-loop': 'heartbeat',
  'native-hang': 'deadline',
} as const satisfies Partial<Record<Fault, string>>;

test('JavaScript loop, SIGSTOP, native hang: a loop that stands still is missed by its heartbeat, native code by its deadline', async () => {
  await using service = await startService({ faults: true, env });
  const faults = Object.keys(ENDED_BY) as (keyof typeof ENDED_BY)[];
  const hung = await Promise.all(faults.map((fault) => upload(service, faultPicture(fault, { runs: 1 }))));
  // All workers that may run hang: this one has to wait.
  const after = await upload(service, goodPicture());
  const jobs = await expectWhole(service, [...hung, after], 4);
  expect(outcomesOf(jobs.get(after.id) ?? { runs: [] })).toEqual(['succeeded']);
  for (const [index, fault] of faults.entries()) {
    const job = jobs.get(hung[index]?.id ?? '');
    expect(job && outcomesOf(job), fault).toEqual(['timed-out SIGKILL', 'succeeded']);
    const pid = job?.runs[0]?.workerPid;
    expect(service.lines).toContainEqual(
      expect.objectContaining({ msg: 'worker died', workerPid: pid, killedFor: ENDED_BY[fault] }),
    );
  }
  await expectCleanEnd(service);
}, 60_000);
