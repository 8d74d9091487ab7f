import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { seededRandom } from '../fixtures/headers/seeded-random.ts';
import { expectCleanEnd, expectWhole, outcomesOf } from '../helpers/aftermath.ts';
import { readyWorkers, signal } from '../helpers/processes.ts';
import { type RunningService, startService } from '../helpers/service.ts';
import { type Accepted, upload } from '../helpers/upload.ts';

const SMALL = 'testdata/images/testimage_small.jpg';
const UPLOADS = 24;
const AT_ONCE = 4;
const KILL_EVERY_MS = 100;

test('uploads go on while a random worker is killed all the time: none is lost, none is made twice', async () => {
  await using service = await startService();
  const over = new AbortController();
  const kills = killRandomWorkers(service, over.signal);
  const accepted: Accepted[] = [];
  let toSend = UPLOADS;
  const send = async () => {
    while (toSend-- > 0) accepted.push(await upload(service, SMALL));
  };
  await Promise.all(Array.from({ length: AT_ONCE }, send)).finally(() => over.abort());
  const killed = await kills;

  const jobs = await expectWhole(service, accepted);
  expect(accepted).toHaveLength(UPLOADS);
  expect(jobs.size).toBe(UPLOADS);
  for (const job of jobs.values()) {
    expect(job).toMatchObject({ status: 'succeeded', failure: null });
    const earlier = outcomesOf(job).slice(0, -1);
    expect(earlier).toEqual(earlier.map(() => 'interrupted SIGKILL'));
  }
  expect(killed, 'workers killed').toBeGreaterThan(1);
  await expectCleanEnd(service);
}, 60_000);

/** @returns how many it has killed */
async function killRandomWorkers(service: RunningService, over: AbortSignal): Promise<number> {
  const random = seededRandom(20_261_124);
  let killed = 0;
  while (!over.aborted) {
    const ready = await readyWorkers(service);
    const victim = ready[Math.floor(random() * ready.length)];
    const after = service.lines.length;
    if (victim !== undefined) {
      signal(victim, 'SIGKILL');
      killed++;
      // A loaded machine starts workers more slowly than this would kill them: then there would be no progress to see.
      await service.logged('worker ready', after);
    }
    await sleep(KILL_EVERY_MS);
  }
  return killed;
}
