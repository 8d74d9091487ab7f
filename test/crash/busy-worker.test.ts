import { expect, test } from 'vitest';
import { duringRun, expectCleanEnd, expectWhole, outcomesOf, workerOf } from '../helpers/aftermath.ts';
import { freezeWorkers, signal, thaw } from '../helpers/processes.ts';
import { startService } from '../helpers/service.ts';
import { upload } from '../helpers/upload.ts';

const SMALL = 'testdata/images/testimage_small.jpg';

test('the upload of a worker that is killed from outside runs again on another one, and succeeds', async () => {
  await using service = await startService();
  const frozen = await freezeWorkers(service);
  const hit = await upload(service, SMALL);
  const beside = await upload(service, SMALL);
  const victim = workerOf(await duringRun(service, hit, 1));
  const bystander = workerOf(await duringRun(service, beside, 1));
  expect(victim).not.toBe(bystander);

  signal(victim, 'SIGKILL');
  for (const pid of frozen) if (pid !== victim) thaw(pid);
  const after = await upload(service, SMALL);

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

test.for(['SIGSEGV', 'SIGABRT'] as const)(
  'a worker that dies of %s costs its upload one run, and nobody else any',
  async (name) => {
    await using service = await startService();
    const frozen = await freezeWorkers(service);
    const hit = await upload(service, SMALL);
    const beside = await upload(service, SMALL);
    const victim = workerOf(await duringRun(service, hit, 1));
    await duringRun(service, beside, 1);

    // It reaches a stopped process when that goes on, before the process does anything else.
    signal(victim, name);
    for (const pid of frozen) thaw(pid);

    const jobs = await expectWhole(service, [hit, beside]);
    const again = jobs.get(hit.id);
    expect(again?.runs.map(({ outcome }) => outcome)).toEqual(['crashed', 'succeeded']);
    expect(again?.runs[0]).toMatchObject({ failure: 'worker_crashed' });
    expect(again?.runs[1]?.workerPid).not.toBe(victim);
    expect(outcomesOf(jobs.get(beside.id) ?? { runs: [] })).toEqual(['succeeded']);
    await expectCleanEnd(service);
  },
);
