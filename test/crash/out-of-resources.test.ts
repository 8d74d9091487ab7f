import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { BREAKER_DEATHS } from '../../workers/supervisor/restart-policy.ts';
import { goodPicture } from '../fixtures/fault-pictures.ts';
import { expectCleanEnd, expectWhole } from '../helpers/aftermath.ts';
import { expectProblem } from '../helpers/problem-answer.ts';
import { killOneWorker, readyWorkers } from '../helpers/processes.ts';
import { limitResource, whyNoLimits } from '../helpers/resource-limit.ts';
import { type RunningService, startService } from '../helpers/service.ts';
import { endOf, postImage, upload } from '../helpers/upload.ts';

/** Of nobody else, so that the processes of others do not count. */
const UID = 65_529;

/** So many starts of a worker fail as would open the breaker where no worker is left; the log says why. */
async function failedStarts(service: RunningService, why: RegExp): Promise<void> {
  let failures = 0;
  await service.logged(
    ({ msg }) => msg === 'worker died before it was ready' && ++failures === BREAKER_DEATHS,
  );
  const causes = service.lines.filter(({ msg }) => msg.startsWith('worker could not be started'));
  expect(causes).toHaveLength(BREAKER_DEATHS);
  for (const { err } of causes) expect(err).toMatchObject({ message: expect.stringMatching(why) });
  expect((await service.fetch('/readyz')).status).toBe(200);
}

test('out of descriptors: uploads are refused cleanly, the workers are kept, and all is well when there are some again', async (context) => {
  const whyNot = whyNoLimits();
  context.skip(whyNot !== null, whyNot ?? '');
  await using service = await startService();
  const before = await upload(service, goodPicture());
  await endOf(service, before);
  let kept: number[];
  {
    using _ = await limitResource(service.pid, 'nofile');
    await expectProblem(await postImage(service, goodPicture()), 'store_unavailable');
    kept = await killOneWorker(service);
    await failedStarts(service, /EMFILE/);
  }
  const after = await upload(service, goodPicture());
  await expectWhole(service, [before, after]);
  expect(await readyWorkers(service)).toEqual(expect.arrayContaining(kept));
  await expectCleanEnd(service);
});

test('spawn failing with EAGAIN: the other workers go on, and the lost one is replaced when that is possible again', async (context) => {
  const whyNot = whyNoLimits() ?? whyNotAs(UID);
  context.skip(whyNot !== null, whyNot ?? '');
  await using service = await startService({ uid: UID });
  const during = [];
  {
    using _ = await limitResource(service.pid, 'nproc', UID);
    await killOneWorker(service);
    during.push(await upload(service, goodPicture()));
    await failedStarts(service, /EAGAIN/);
    during.push(await upload(service, goodPicture()));
  }
  await expectWhole(service, during);
  await expectCleanEnd(service);
});

/** Null where the tests may start the service as this user. */
function whyNotAs(uid: number): string | null {
  if (process.getuid?.() !== 0) return 'skipped: only root can give the service a user whom nobody else is';
  const { status } = spawnSync(process.execPath, ['--check', 'server/main.ts'], { uid, gid: uid });
  return status === 0 ? null : 'skipped: others cannot read this clone';
}
