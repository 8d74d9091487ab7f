import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { faultPicture, goodPicture } from '../fixtures/fault-pictures.ts';
import { expectCleanEnd, expectWhole, outcomesOf, workerOf } from '../helpers/aftermath.ts';
import { commitOnce } from '../helpers/fault-run.ts';
import { ownFolder } from '../helpers/own-folder.ts';
import { type RunningService, startService } from '../helpers/service.ts';
import { upload } from '../helpers/upload.ts';

const LIMIT = 800 * 2 ** 20;
const HAS_PRLIMIT = spawnSync('prlimit', [`--data=${LIMIT}`, 'true']).status === 0;
const TINY = 'testdata/images/tiny_1x1.png';

describe.skipIf(!HAS_PRLIMIT)('a limit of memory', () => {
  let service: RunningService;
  beforeAll(async () => {
    service = await startService({ faults: true, env: { WORKER_MAX_DATA_BYTES: String(LIMIT) } });
  });
  afterAll(async () => {
    await expectCleanEnd(service);
    await service[Symbol.asyncDispose]();
  });

  test('a picture that needs more memory than a worker may have fails alone, and is not blamed', async () => {
    const hungry = join(await ownFolder(), 'hungry.avif');
    const pixels = { width: 7_000, height: 7_000, channels: 3, background: 'green' } as const;
    await sharp({ create: pixels }).avif({ effort: 0 }).toFile(hungry);

    const accepted = [await upload(service, hungry), await upload(service, TINY)];
    const jobs = await expectWhole(service, accepted);
    const [first, second] = accepted.map(({ id }) => jobs.get(id));
    expect(first).toMatchObject({ status: 'failed', failure: 'out_of_memory' });
    expect(second).toMatchObject({ status: 'succeeded' });
    expect(await (await service.fetch('/quarantine')).json()).toMatchObject({ quarantined: [] });
  });

  test.for([
    ['allocation limit', 'allocation'],
    ['heap exhausted', 'heap-exhausted'],
  ] as const)(
    '%s: the worker ends, the picture has failed after two runs, and is not banned',
    async ([, fault]) => {
      const hungry = await upload(service, faultPicture(fault));
      const beside = await upload(service, goodPicture());
      const jobs = await expectWhole(service, [hungry, beside]);
      const job = jobs.get(hungry.id);
      expect(job).toMatchObject({
        status: 'failed',
        failure: 'out_of_memory',
        runs: [{ outcome: 'crashed' }, { outcome: 'crashed' }],
      });
      expect(outcomesOf(jobs.get(beside.id) ?? { runs: [] })).toEqual(['succeeded']);
      expect(await (await service.fetch('/quarantine')).json()).toMatchObject({ quarantined: [] });
      for (const { id, workerPid } of job?.runs ?? []) {
        expect(service.lines).toContainEqual(expect.objectContaining({ msg: 'worker died', workerPid }));
        const said = service.lines.filter(({ msg, runId }) => msg === 'worker printed' && runId === id);
        expect(JSON.stringify(said)).toMatch(/memory/i);
      }
    },
  );
});

test('growing memory: a worker that has grown too large gives way to another between two runs', async () => {
  const env = { WORKER_MAX_RSS_BYTES: String(200 * 2 ** 20) };
  await using service = await startService({ faults: true, env });
  const { job, outcomes } = await commitOnce(service, 'growing-memory');
  expect(outcomes).toEqual(['succeeded']);
  const pid = workerOf(job);
  const retired = await service.logged(({ msg, workerPid }) => msg === 'worker retired' && workerPid === pid);
  expect(retired).toMatchObject({ exitCode: 0, signal: null, killedFor: null });
  await expectCleanEnd(service);
});
