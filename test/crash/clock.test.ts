import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { faultPicture, goodPicture } from '../fixtures/fault-pictures.ts';
import { duringRun, expectCleanEnd, expectWhole, outcomesOf } from '../helpers/aftermath.ts';
import { freezeWorkers, readyWorkers, thaw } from '../helpers/processes.ts';
import { type RunningService, startService } from '../helpers/service.ts';
import { endOf, upload } from '../helpers/upload.ts';

const preload = fileURLToPath(new URL('../fixtures/clock-jump.ts', import.meta.url));

/** Sets the service's clock a day forth, or two days back when it is there already. */
async function setClock(service: RunningService): Promise<void> {
  const after = service.lines.length;
  service.process.kill('SIGUSR2');
  await service.logged('clock set', after);
}

test('a clock that jumps a day forth and two days back in the middle of runs kills no worker, fails no job, and delays none', async () => {
  await using service = await startService({ preload, faults: true });
  const workers = (await readyWorkers(service)).toSorted();
  const frozen = await freezeWorkers(service);
  const accepted = [await upload(service, goodPicture()), await upload(service, goodPicture())];
  for (const one of accepted) await duringRun(service, one, 1);
  await setClock(service);
  await setClock(service);
  for (const pid of frozen) thaw(pid);
  for (const one of accepted) await endOf(service, one);
  await setClock(service);
  accepted.push(await upload(service, goodPicture()));
  for (const job of (await expectWhole(service, accepted)).values()) {
    expect(outcomesOf(job)).toEqual(['succeeded']);
  }
  expect((await readyWorkers(service)).toSorted(), 'the same workers').toEqual(workers);

  // A retry waits by a clock that does not jump, too.
  await setClock(service);
  const crashed = await upload(service, faultPicture('SIGSEGV', { runs: 1 }));
  await service.logged(({ msg, outcome }) => msg === 'run settled' && outcome === 'crashed');
  await setClock(service);
  const job = (await expectWhole(service, [...accepted, crashed])).get(crashed.id);
  expect(job && outcomesOf(job)).toEqual(['crashed SIGSEGV', 'succeeded']);
  await expectCleanEnd(service);
});
