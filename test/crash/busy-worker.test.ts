import { expect, test } from 'vitest';
import { duringRun, expectCleanEnd, expectWhole, outcomesOf, workerOf } from '../helpers/aftermath.ts';
import { freezeWorkers, signal, thaw } from '../helpers/processes.ts';
import { startService } from '../helpers/service.ts';
import { upload } from '../helpers/upload.ts';

const TINY = 'testdata/images/tiny_1x1.png';

test('kill -9 of a worker in the middle of a run: the upload runs again on another one, and succeeds', async () => {
  await using service = await startService();
  const frozen = await freezeWorkers(service);
  const hit = await upload(service, TINY);
  const beside = await upload(service, TINY);
  const victim = workerOf(await duringRun(service, hit, 1));
  const bystander = workerOf(await duringRun(service, beside, 1));
  expect(victim).not.toBe(bystander);

  signal(victim, 'SIGKILL');
  for (const pid of frozen) if (pid !== victim) thaw(pid);
  const after = await upload(service, TINY);

  const jobs = await expectWhole(service, [hit, beside, after]);
  const again = jobs.get(hit.id);
  expect(again && outcomesOf(again)).toEqual(['interrupted SIGKILL', 'succeeded']);
  expect(again?.runs[1]?.workerPid).not.toBe(victim);
  expect(again).toMatchObject({ status: 'succeeded', failure: null });
  for (const { id } of [beside, after]) {
    expect(outcomesOf(jobs.get(id) ?? { runs: [] })).toEqual(['succeeded']);
  }
  expect(jobs.get(beside.id)?.runs[0]?.workerPid, 'the other run was not touched').toBe(bystander);
  await expectCleanEnd(service);
});
