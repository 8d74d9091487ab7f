import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { duringRun, expectCleanEnd, expectWhole, outcomesOf, workerOf } from '../helpers/aftermath.ts';
import { Freezer } from '../helpers/freezer.ts';
import { expectProblem } from '../helpers/problem-answer.ts';
import { signal, thaw } from '../helpers/processes.ts';
import { type RunningService, startService } from '../helpers/service.ts';
import { type Accepted, endOf, postImage, upload } from '../helpers/upload.ts';

const SMALL = 'testdata/images/testimage_small.jpg';
const POISON = await readFile('testdata/images/testimage_large.jpg');

async function dieAt(service: RunningService, accepted: Accepted, run: number, of: NodeJS.Signals) {
  const victim = workerOf(await duringRun(service, accepted, run));
  signal(victim, of);
  thaw(victim);
  return victim;
}

const poisonedBy = (accepted: Accepted) => (line: { msg: string }) =>
  line.msg === 'run settled' && 'imageId' in line && line.imageId === accepted.id;

test('bytes that their decoder dies of twice are refused until they are released', async () => {
  await using service = await startService();
  await using freezer = await Freezer.hold(service);
  const poison = await upload(service, POISON);
  const beside = await upload(service, SMALL);
  const bystander = workerOf(await duringRun(service, beside, 1));
  const first = await dieAt(service, poison, 1, 'SIGSEGV');
  await service.logged(poisonedBy(poison));
  thaw(bystander);
  await endOf(service, beside);
  const settled = service.lines.length;
  const second = await dieAt(service, poison, 2, 'SIGBUS');
  expect(await service.logged(poisonedBy(poison), settled)).toMatchObject({
    outcome: 'crashed',
    status: 'quarantined',
  });
  freezer.letGo();

  const refused = await postImage(service, POISON);
  await expectProblem(refused, 'quarantined');
  const after = await upload(service, SMALL);
  const jobs = await expectWhole(service, [poison, beside, after]);
  const job = jobs.get(poison.id);
  expect(job).toMatchObject({
    status: 'quarantined',
    failure: 'worker_crashed',
    runs: [
      { workerPid: first, outcome: 'crashed', signal: 'SIGSEGV' },
      { workerPid: second, outcome: 'crashed', signal: 'SIGBUS' },
    ],
  });
  expect(outcomesOf(jobs.get(beside.id) ?? { runs: [] })).toEqual(['succeeded']);

  const sha256 = createHash('sha256').update(POISON).digest('hex');
  expect(await (await service.fetch('/quarantine')).json()).toMatchObject({
    quarantined: [{ sha256, signal: 'SIGBUS', exitCode: null, links: { job: poison.links.job } }],
    next: null,
  });
  const retried = await service.fetch(`${poison.links.job}/retry`, { method: 'POST' });
  expect(retried.status).toBe(202);
  expect(await endOf(service, poison)).toMatchObject({ status: 'succeeded', failure: null });
  await expectProblem(await service.fetch(`${poison.links.job}/retry`, { method: 'POST' }), 'not_ended');

  const release = () => service.fetch(`/quarantine/${sha256}`, { method: 'DELETE' });
  expect((await release()).status).toBe(204);
  await expectProblem(await release(), 'not_found');
  expect(await endOf(service, await upload(service, POISON))).toMatchObject({ status: 'succeeded' });
  await expectCleanEnd(service);
});

test.for([
  ['SIGSEGV', 'SIGKILL', 'succeeded'],
  ['SIGKILL', 'SIGSEGV', 'succeeded'],
] as const)('a worker that dies of %s and then of %s bans no picture', async ([first, second, end]) => {
  await using service = await startService();
  await using freezer = await Freezer.hold(service);
  const innocent = await upload(service, SMALL);
  await dieAt(service, innocent, 1, first);
  await dieAt(service, innocent, 2, second);
  freezer.letGo();
  expect(await endOf(service, innocent)).toMatchObject({ status: end });
  expect(await (await service.fetch('/quarantine')).json()).toEqual({ quarantined: [], next: null });
  await expectCleanEnd(service);
});
