import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { newImageId, newRunId } from '../../shared/domain/ids.ts';
import { faultPicture } from '../fixtures/fault-pictures.ts';
import { duringRun, expectCleanEnd, expectWhole, outcomesOf, workerOf } from '../helpers/aftermath.ts';
import { committed } from '../helpers/fault-run.ts';
import { freezeWorkers, gone, thaw } from '../helpers/processes.ts';
import { type RunningService, startService } from '../helpers/service.ts';
import { storesOf } from '../helpers/stores.ts';
import { inEachSandbox } from '../helpers/strict.ts';
import { upload } from '../helpers/upload.ts';
import { startWithoutSetpriv, whyNotWithoutSetpriv } from '../helpers/without-setpriv.ts';

const SMALL = 'testdata/images/testimage_small.jpg';
const LARGE = 'testdata/images/testimage_large.jpg';
const WORKERS_GONE_WITHIN_MS = 1_000;

test('after a kill -9 of the service no worker lives on, and the next start finishes all that was accepted', async () => {
  const env = { QUEUE_DEPTH: '2' };
  await using killed = await startService({ env });
  const done = await upload(killed, SMALL);
  await killed.logged((line) => line.msg === 'run settled' && line.imageId === done.id);
  const workers = await freezeWorkers(killed);
  const atWork = [await upload(killed, SMALL), await upload(killed, SMALL)];
  const [first, second] = await Promise.all(atWork.map((one) => duringRun(killed, one, 1)));
  const waiting = [await upload(killed, SMALL), await upload(killed, SMALL)];
  // One goes on and sees that its parent is gone; one that stands still cannot, and the kernel has to.
  if (first) thaw(workerOf(first));
  if (second && !(await hasParentDeathSignal(killed))) thaw(workerOf(second));

  killed.process.kill('SIGKILL');
  await killed.exited;
  await gone(workers, WORKERS_GONE_WITHIN_MS);

  await plantLeftovers(killed.folder);
  await using service = await startService({ env, folder: killed.folder });
  const jobs = await expectWhole(service, [done, ...atWork, ...waiting]);
  expect(jobs.size).toBe(5);
  for (const job of jobs.values()) expect(job).toMatchObject({ status: 'succeeded', failure: null });
  const stuck = jobs.get(atWork[1]?.id ?? '');
  expect(stuck && outcomesOf(stuck)).toEqual(['interrupted', 'succeeded']);
  expect(outcomesOf(jobs.get(done.id) ?? { runs: [] }), 'what had ended is not run again').toEqual([
    'succeeded',
  ]);
  await expectCleanEnd(service);
});

test('where there is no setpriv, workers see themselves that the service is gone: idle, and in the middle of a run', async (context) => {
  const whyNot = whyNotWithoutSetpriv();
  context.skip(whyNot !== null, whyNot ?? '');
  await using killed = await startWithoutSetpriv();
  expect(await hasParentDeathSignal(killed)).toBe(false);
  const workers = await freezeWorkers(killed);
  expect(workers).toHaveLength(3);
  await duringRun(killed, await upload(killed, LARGE), 1);

  killed.process.kill('SIGKILL');
  await killed.exited;
  // Now they go on, and one of them finds its run first.
  for (const pid of workers) thaw(pid);
  await gone(workers, WORKERS_GONE_WITHIN_MS);
});

inEachSandbox('in native code and in loops', (env) => {
  test('a kill -9 of the service ends workers that are idle, in native code, and in a loop', async (context) => {
    await using killed = await startService({ faults: true, env });
    context.skip(!(await hasParentDeathSignal(killed)), 'skipped: only setpriv can end a loop');
    const workers = await killed.workerPids();
    const hung = [
      await upload(killed, faultPicture('native-hang', { runs: 1 })),
      await upload(killed, faultPicture('javascript-loop', { runs: 1 })),
    ];
    for (const one of hung) await committed(killed, one);
    killed.process.kill('SIGKILL');
    await killed.exited;
    await gone(workers, WORKERS_GONE_WITHIN_MS);

    await using service = await startService({ faults: true, env, folder: killed.folder });
    for (const job of (await expectWhole(service, hung)).values()) {
      expect(outcomesOf(job)).toEqual(['interrupted', 'succeeded']);
    }
    await expectCleanEnd(service);
  });
});

async function hasParentDeathSignal(service: RunningService): Promise<boolean> {
  const { layers } = await service.logged('isolation layers in force');
  return Array.isArray(layers) && layers.includes('parent-death signal');
}

/** What crashes at other moments leave behind: {@link expectWhole} sees whether it was swept. */
async function plantLeftovers(folder: string): Promise<void> {
  const run = newRunId();
  const image = newImageId();
  const leftovers = [join('spool', image), join('scratch', run, 'out', 'thumb.webp')];
  for (const name of leftovers) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), 'left over');
  }
  const stores = await storesOf({ folder });
  await stores.strewOriginal(image);
  await stores.strewVariant(run, 'thumb.webp');
}
