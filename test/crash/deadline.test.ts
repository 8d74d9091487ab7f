import { afterAll, beforeAll, expect, test } from 'vitest';
import { duringRun, expectCleanEnd, expectWhole, outcomesOf, workerOf } from '../helpers/aftermath.ts';
import { Freezer } from '../helpers/freezer.ts';
import { freezeWorkers, thaw } from '../helpers/processes.ts';
import { type RunningService, startService } from '../helpers/service.ts';
import { upload } from '../helpers/upload.ts';

const TINY = 'testdata/images/tiny_1x1.png';

/** A worker that is stopped will not keep it, and one that is only slow on a loaded machine will. */
const env = { JOB_TIMEOUT_MS: '2500' };

let service: RunningService;
beforeAll(async () => {
  service = await startService({ env });
});
afterAll(async () => {
  await expectCleanEnd(service);
  await service[Symbol.asyncDispose]();
});

test('a run that exceeds its deadline is killed, and its upload succeeds in a second one', async () => {
  const frozen = await freezeWorkers(service);
  const hit = await upload(service, TINY);
  const beside = await upload(service, TINY);
  const stuck = workerOf(await duringRun(service, hit, 1));
  for (const pid of frozen) if (pid !== stuck) thaw(pid);

  const jobs = await expectWhole(service, [hit, beside]);
  const again = jobs.get(hit.id);
  expect(again && outcomesOf(again)).toEqual(['timed-out SIGKILL', 'succeeded']);
  expect(again?.runs[0]).toMatchObject({ failure: 'deadline_exceeded', workerPid: stuck });
  expect(again?.runs[1]?.workerPid).not.toBe(stuck);
  expect(outcomesOf(jobs.get(beside.id) ?? { runs: [] })).toEqual(['succeeded']);
});

test('an upload that exceeds its deadline twice has failed', async () => {
  await using freezer = await Freezer.hold(service);
  const hit = await upload(service, TINY);
  await service.logged((line) => line.msg === 'run settled' && line.status === 'failed');
  freezer.letGo();
  const after = await upload(service, TINY);

  const jobs = await expectWhole(service, [hit, after]);
  const failed = jobs.get(hit.id);
  expect(failed).toMatchObject({ status: 'failed', failure: 'deadline_exceeded' });
  expect(failed && outcomesOf(failed)).toEqual(['timed-out SIGKILL', 'timed-out SIGKILL']);
  expect(outcomesOf(jobs.get(after.id) ?? { runs: [] })).toEqual(['succeeded']);
});
