import { afterAll, beforeAll, expect, test } from 'vitest';
import { duringRun, expectCleanEnd, expectWhole, outcomesOf } from '../helpers/aftermath.ts';
import { freezeWorkers, signal, thaw } from '../helpers/processes.ts';
import { type RunningService, startService } from '../helpers/service.ts';
import { upload } from '../helpers/upload.ts';

const TINY = 'testdata/images/tiny_1x1.png';

let service: RunningService;
beforeAll(async () => {
  service = await startService();
});
afterAll(async () => {
  await expectCleanEnd(service);
  await service[Symbol.asyncDispose]();
});

test('when all idle workers are killed at once, new ones take the next uploads', async () => {
  const killed = await service.workerPids();
  for (const pid of killed) signal(pid, 'SIGKILL');
  // Until the service knows, it may hand a run to one of them, which is then interrupted.
  for (const pid of killed)
    await service.logged((line) => line.msg === 'worker died' && line.workerPid === pid);

  const accepted = [await upload(service, TINY), await upload(service, TINY)];
  const jobs = await expectWhole(service, accepted);
  for (const { id } of accepted) {
    const job = jobs.get(id) ?? { runs: [] };
    expect(outcomesOf(job)).toEqual(['succeeded']);
    expect(killed).not.toContain(job.runs[0]?.workerPid);
  }
});

test('when all workers are killed at their runs, every run is made again', async () => {
  const killed = await freezeWorkers(service);
  const accepted = [await upload(service, TINY), await upload(service, TINY)];
  for (const one of accepted) await duringRun(service, one, 1);
  for (const pid of killed) signal(pid, 'SIGKILL');

  const jobs = await expectWhole(service, accepted);
  for (const { id } of accepted) {
    const job = jobs.get(id) ?? { runs: [] };
    const [first, ...later] = outcomesOf(job);
    expect(first).toBe('interrupted SIGKILL');
    expect(later.pop()).toBe('succeeded');
    // The spare was killed, too: a run may be handed to it before its end is known, and is interrupted as well.
    for (const outcome of later) expect(outcome).toBe('interrupted SIGKILL');
  }
});

test('workers ignore SIGTERM, and whatever else a terminal or a stray kill sends them, idle or at a run', async () => {
  const workers = await freezeWorkers(service);
  const accepted = [await upload(service, TINY), await upload(service, TINY)];
  for (const one of accepted) await duringRun(service, one, 1);
  for (const pid of workers) {
    for (const name of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) signal(pid, name);
    // They are delivered before it does anything else.
    thaw(pid);
  }

  const jobs = await expectWhole(service, accepted);
  for (const { id } of accepted) expect(outcomesOf(jobs.get(id) ?? { runs: [] })).toEqual(['succeeded']);
  expect((await service.workerPids()).sort(), 'the same workers').toEqual(workers.sort());
});
