import { expect, test } from 'vitest';
import { goodPicture } from '../fixtures/fault-pictures.ts';
import { expectCleanEnd, expectWhole, outcomesOf } from '../helpers/aftermath.ts';
import { bootFault } from '../helpers/boot-fault.ts';
import { expectProblem } from '../helpers/problem-answer.ts';
import { gone, killOneWorker, readyWorkers } from '../helpers/processes.ts';
import { dataFolder, spawnService, startService } from '../helpers/service.ts';
import { postImage, upload } from '../helpers/upload.ts';

/** The others go on: here it is the spare. */
const ONE_WORKER = { N_WORKERS: '1' };

const DIED = 'worker died before it was ready';

test.for([
  ['death before ready', 'exit-1', { exitCode: 1, signal: null, killedFor: null }],
  ['death before ready', 'SIGSEGV', { exitCode: null, signal: 'SIGSEGV', killedFor: null }],
  ['ready never sent', 'never-ready', { exitCode: null, signal: 'SIGKILL', killedFor: 'not-ready' }],
] as const)(
  '%s (%s): the others go on, and the dead one is replaced when that is possible again',
  { timeout: 60_000 },
  async ([, fault, end]) => {
    await using service = await startService({ faults: true, env: ONE_WORKER });
    const during = [];
    {
      await using _ = await bootFault(service.folder, fault);
      await killOneWorker(service);
      during.push(await upload(service, goodPicture()));
      expect(await service.logged(DIED)).toMatchObject(end);
      expect((await service.fetch('/readyz')).status).toBe(200);
      during.push(await upload(service, goodPicture()));
    }
    for (const job of (await expectWhole(service, during, 1)).values()) {
      expect(outcomesOf(job)).toEqual(['succeeded']);
    }
    await expectCleanEnd(service);
  },
);

test('boot loop: after five deaths the breaker opens, readiness is off, nobody waits, and nothing more is started', async () => {
  const folder = await dataFolder();
  await using _ = await bootFault(folder, 'exit-1');
  await using service = await spawnService(folder, { faults: true });
  const { url } = await service.logged('listening');
  Object.assign(service, { url });
  await service.logged('workers die before they are ready: breaker open');
  // The first three start together, and count as one; four more follow, one by one.
  expect(service.lines.filter(({ msg }) => msg === DIED)).toHaveLength(7);
  const readiness = await service.fetch('/readyz');
  expect(readiness.status).toBe(503);
  expect(await readiness.json()).toMatchObject({ reason: 'no worker is ready' });
  expect((await service.fetch('/livez')).status).toBe(200);
  await expectProblem(await postImage(service, goodPicture()), 'no_worker');
  expect(await service.workerPids()).toEqual([]);
  await expectCleanEnd(service);
  expect(service.lines.filter(({ msg }) => msg === DIED)).toHaveLength(7);
});

test('SIGHUP with a broken worker: the old ones stay, and a later SIGHUP replaces them', async () => {
  await using service = await startService({ faults: true, env: ONE_WORKER });
  const old = (await readyWorkers(service)).toSorted();
  const accepted = [];
  {
    await using _ = await bootFault(service.folder, 'exit-1');
    service.process.kill('SIGHUP');
    await service.logged('workers kept');
    expect(service.lines).toContainEqual(
      expect.objectContaining({ msg: 'the new worker did not become ready: the old ones stay' }),
    );
    expect((await readyWorkers(service)).toSorted()).toEqual(old);
    accepted.push(await upload(service, goodPicture()));
  }
  service.process.kill('SIGHUP');
  await service.logged('workers replaced');
  await gone(old);
  accepted.push(await upload(service, goodPicture()));
  for (const job of (await expectWhole(service, accepted, 1)).values()) {
    expect(outcomesOf(job)).toEqual(['succeeded']);
  }
  await expectCleanEnd(service);
});
