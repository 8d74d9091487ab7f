import { expect, test } from 'vitest';
import { expectCleanEnd, expectWhole, outcomesOf } from '../helpers/aftermath.ts';
import { readyWorkers } from '../helpers/processes.ts';
import { startService } from '../helpers/service.ts';
import { inEachSandbox } from '../helpers/strict.ts';
import { type Accepted, upload } from '../helpers/upload.ts';

const SMALL = 'testdata/images/testimage_small.jpg';

inEachSandbox('workers that are replaced', (env) => {
  test('SIGHUP replaces every worker while uploads go on, and none of them notices', async () => {
    await using service = await startService({ env });
    const old = await readyWorkers(service);
    expect(old).toHaveLength(3);
    const accepted: Accepted[] = [];
    const replaced = service.logged('workers replaced').then(() => true);
    service.process.kill('SIGHUP');
    do accepted.push(await upload(service, SMALL));
    while (!(await Promise.race([replaced, Promise.resolve(false)])));

    const jobs = await expectWhole(service, accepted);
    for (const job of jobs.values()) expect(outcomesOf(job)).toEqual(['succeeded']);
    expect((await readyWorkers(service)).filter((pid) => old.includes(pid))).toEqual([]);
    await expectCleanEnd(service);
  });
});

test('a worker that has had its runs gives way to another, and no upload notices', async () => {
  await using service = await startService({ env: { WORKER_MAX_RUNS: '2' } });
  const accepted: Accepted[] = [];
  let retirements = 0;
  const twice = service.logged(({ msg }) => msg === 'worker retired' && ++retirements === 2).then(() => true);
  do accepted.push(await upload(service, SMALL));
  while (!(await Promise.race([twice, Promise.resolve(false)])));
  const jobs = await expectWhole(service, accepted);
  for (const job of jobs.values()) expect(outcomesOf(job)).toEqual(['succeeded']);
  const retired = service.lines.filter(({ msg }) => msg === 'worker retired');
  expect(retired.every(({ exitCode, killedFor }) => exitCode === 0 && killedFor === null)).toBe(true);
  await expectCleanEnd(service);
});
