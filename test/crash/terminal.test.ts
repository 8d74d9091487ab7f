import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { duringRun, expectCleanEnd, expectWhole, outcomesOf } from '../helpers/aftermath.ts';
import { startInGroup } from '../helpers/process-group.ts';
import { freezeWorkers, gone, thaw } from '../helpers/processes.ts';
import { startService } from '../helpers/service.ts';
import { upload } from '../helpers/upload.ts';

const TINY = 'testdata/images/tiny_1x1.png';

const ONE_WORKER = { N_WORKERS: '1' };

/** Two signals of a person are further apart than this; the echo of one that npm passes on is not. */
const LATER_MS = 200;

test('Ctrl-C sent to the whole process group ends clean, with the run finished', async () => {
  await using interrupted = await startInGroup();
  const workers = await freezeWorkers(interrupted);
  const accepted = await upload(interrupted, TINY);
  await duringRun(interrupted, accepted, 1);
  interrupted.interrupt();
  await interrupted.logged('draining');
  for (const pid of workers) thaw(pid);
  expect(await interrupted.exited).toEqual({ code: 0, signal: null });
  await gone(workers);

  await using service = await startService({ env: ONE_WORKER, folder: interrupted.folder });
  const job = (await expectWhole(service, [accepted], 1)).get(accepted.id);
  expect(job && outcomesOf(job)).toEqual(['succeeded']);
  await expectCleanEnd(service);
});

test('Ctrl-C under npm, which passes it on once more, is one drain and ends clean', async () => {
  await using interrupted = await startInGroup('npm');
  const workers = await freezeWorkers(interrupted);
  const accepted = await upload(interrupted, TINY);
  await duringRun(interrupted, accepted, 1);
  interrupted.interrupt();
  await interrupted.logged('draining');
  // The echo leaves no line: it has this time to do its harm, while the drain cannot end.
  await sleep(LATER_MS);
  for (const pid of workers) thaw(pid);
  // How npm ends after a Ctrl-C is npm's (it sends itself the signal, too); what the service does is ours.
  expect(
    await interrupted.logged((line) => line.exitCode !== undefined && line.workerPid === undefined),
  ).toMatchObject({
    msg: 'drained',
    exitCode: 0,
  });
  await gone([interrupted.pid, ...workers]);
  await interrupted.exited;
  expect(interrupted.lines.filter(({ msg }) => msg === 'draining')).toHaveLength(1);

  await using service = await startService({ env: ONE_WORKER, folder: interrupted.folder });
  const job = (await expectWhole(service, [accepted], 1)).get(accepted.id);
  expect(job && outcomesOf(job)).toEqual(['succeeded']);
  await expectCleanEnd(service);
});

test('a second SIGINT during a drain ends everything at once with exit code 1, and nothing is lost', async () => {
  await using interrupted = await startService({ env: ONE_WORKER });
  const workers = await freezeWorkers(interrupted);
  const accepted = await upload(interrupted, TINY);
  await duringRun(interrupted, accepted, 1);
  interrupted.process.kill('SIGINT');
  await interrupted.logged('draining');
  await sleep(LATER_MS);
  interrupted.process.kill('SIGINT');
  expect(await interrupted.exited).toEqual({ code: 1, signal: null });
  await interrupted.logged('ended at once by a second signal');
  await gone(workers);

  await using service = await startService({ env: ONE_WORKER, folder: interrupted.folder });
  const job = (await expectWhole(service, [accepted], 1)).get(accepted.id);
  expect(job?.runs.map(({ outcome }) => outcome)).toEqual(['interrupted', 'succeeded']);
  await expectCleanEnd(service);
});
