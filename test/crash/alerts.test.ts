import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { faultPicture, goodPicture } from '../fixtures/fault-pictures.ts';
import { bootFault } from '../helpers/boot-fault.ts';
import { expectProblem } from '../helpers/problem-answer.ts';
import { freezeWorkers, thaw } from '../helpers/processes.ts';
import { PROFILE } from '../helpers/profile.ts';
import { firing, goneOn, SKIPS_PROMTOOL } from '../helpers/promtool.ts';
import { type Scrape, scrape } from '../helpers/scrape.ts';
import { dataFolder, type RunningService, spawnService, startService } from '../helpers/service.ts';
import { fillDisk, startOnSmallDisk, whyNotOnSmallDisk } from '../helpers/small-disk.ts';
import { endOf, postImage, upload } from '../helpers/upload.ts';

/** Which alerts somebody gets where what has happened since goes on. */
const alertsSince = async (first: Scrape, service: RunningService) =>
  firing(goneOn(first, await scrape(service)));

/**
 * What is wrong is brought about, and what the service then counts is given to the rules as if it went on and on. The line of the log
 * that each entry of the runbook leads to is there, too.
 */
describe.skipIf(SKIPS_PROMTOOL)('the operator is told of', () => {
  test('workers that die before they are ready', async () => {
    const folder = await dataFolder();
    await using _ = await bootFault(folder, 'exit-1');
    await using service = await spawnService(folder, { faults: true });
    const { url } = await service.logged('listening');
    Object.assign(service, { url });
    const first = await scrape(service);
    await service.logged('workers die before they are ready: breaker open');
    expect(await alertsSince(first, service)).toEqual(['DarkroomNoWorkerReady', 'DarkroomWorkersDieAtStart']);
    expect(await service.logged('worker died before it was ready')).toMatchObject({ exitCode: 1 });
  });

  test.skipIf(PROFILE !== 'embedded')('a full disk', async ({ skip }) => {
    const why = await whyNotOnSmallDisk();
    skip(why !== null, why ?? '');
    await using service = await startOnSmallDisk();
    const first = await scrape(service);
    await fillDisk(service);
    await expectProblem(await postImage(service, goodPicture()), 'disk_full');
    expect(await alertsSince(first, service)).toEqual(['DarkroomDiskFills', 'DarkroomDiskFull']);
    expect(await service.logged('a store failed')).toMatchObject({ err: { code: 'storage_full' } });
  });

  test.skipIf(PROFILE !== 'embedded')('a slow disk', async () => {
    const preload = fileURLToPath(new URL('../fixtures/slow-disk.ts', import.meta.url));
    await using service = await startService({ preload, env: { SLOW_DISK_MS: '1100', N_WORKERS: '1' } });
    const first = await scrape(service);
    await endOf(service, await upload(service, goodPicture()));
    expect(await alertsSince(first, service)).toEqual(['DarkroomFilesSlow']);
    const { ms } = await service.logged('upload accepted');
    expect(ms).toMatchObject({ accept: expect.toSatisfy((accept) => accept > 1_000) });
  });

  test('a picture that crashes the decoder', async () => {
    await using service = await startService({ faults: true });
    const first = await scrape(service);
    const accepted = await upload(service, faultPicture('SIGSEGV'));
    expect(await endOf(service, accepted)).toMatchObject({ status: 'quarantined' });
    expect(await alertsSince(first, service)).toEqual([
      'DarkroomPictureQuarantined',
      'DarkroomRunsFail',
      'DarkroomWorkersDie',
    ]);
    const settled = { outcome: 'crashed', signal: 'SIGSEGV', imageId: accepted.id };
    expect(await service.logged(({ msg }) => msg === 'run settled')).toMatchObject(settled);
  });

  test('more uploads than there are workers for', async () => {
    await using service = await startService({ env: { N_WORKERS: '1' } });
    const first = await scrape(service);
    const frozen = await freezeWorkers(service);
    await upload(service, goodPicture());
    await expectProblem(await postImage(service, goodPicture()), 'no_worker');
    const then = await scrape(service);
    frozen.forEach(thaw);
    expect(await firing(goneOn(first, then))).toEqual(['DarkroomOverload']);
    const refused = { problem: 'no_worker', reason: 'busy' };
    expect(await service.logged('upload refused')).toMatchObject(refused);
  });
});
