import { createHash } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { faultPicture } from '../fixtures/fault-pictures.ts';
import { expectCleanEnd, expectWhole, outcomesOf } from '../helpers/aftermath.ts';
import { startCommand } from '../helpers/operator-command.ts';
import { expectProblem } from '../helpers/problem-answer.ts';
import { type RunningService, startService } from '../helpers/service.ts';
import { inEachSandbox } from '../helpers/strict.ts';
import { type Accepted, endOf, postImage, upload } from '../helpers/upload.ts';

const TINY = 'testdata/images/tiny_1x1.png';

const EMPTY = { quarantined: [], next: null };

const quarantineOf = async (service: RunningService) => (await service.fetch('/quarantine')).json();

inEachSandbox('a picture that kills', (env) => {
  let service: RunningService;
  beforeAll(async () => {
    service = await startService({ faults: true, env });
  });
  afterAll(async () => {
    await expectCleanEnd(service);
    await service[Symbol.asyncDispose]();
  });

  test('the same picture kills twice: its bytes are refused until they are released', async () => {
    const picture = faultPicture('SIGSEGV', { runs: 2 });
    const poison = await upload(service, picture);
    const beside = await upload(service, TINY);
    expect(await endOf(service, poison)).toMatchObject({ status: 'quarantined', failure: 'worker_crashed' });
    await expectProblem(await postImage(service, picture), 'quarantined');
    const after = await upload(service, TINY);

    const jobs = await expectWhole(service, [poison, beside, after]);
    const job = jobs.get(poison.id);
    const [first, second] = job?.runs ?? [];
    expect(job && outcomesOf(job)).toEqual(['crashed SIGSEGV', 'crashed SIGSEGV']);
    expect(second?.workerPid).not.toBe(first?.workerPid);
    for (const { id } of [beside, after]) {
      expect(outcomesOf(jobs.get(id) ?? { runs: [] })).toEqual(['succeeded']);
    }

    const sha256 = createHash('sha256').update(picture).digest('hex');
    expect(await quarantineOf(service)).toMatchObject({
      quarantined: [{ sha256, signal: 'SIGSEGV', links: { job: poison.links.job } }],
      next: null,
    });
    const list = await startCommand('quarantine', ['list', '--url', service.url]).ended;
    const row = RegExp(`^${sha256}  .*  SIGSEGV  .*libvips.*  /images/${poison.id}\n$`);
    expect(list).toEqual({ code: 0, stdout: expect.stringMatching(row), stderr: '' });
    const retry = () => service.fetch(`${poison.links.job}/retry`, { method: 'POST' });
    expect((await retry()).status).toBe(202);
    expect(await endOf(service, poison)).toMatchObject({ status: 'succeeded', failure: null });
    await expectProblem(await retry(), 'not_ended');

    const release = () => service.fetch(`/quarantine/${sha256}`, { method: 'DELETE' });
    expect((await release()).status).toBe(204);
    await expectProblem(await release(), 'not_found');
    const again = await startCommand('quarantine', ['release', sha256, '--url', service.url]).ended;
    expect(again).toMatchObject({ code: 1, stdout: `not refused: ${sha256}\n` });
    expect((await postImage(service, picture)).status).toBe(200);
    expect(await quarantineOf(service)).toEqual(EMPTY);
  });

  test.for(['exit-0', 'SIGABRT'] as const)('%s once bans no picture', async (fault) => {
    const picture = await upload(service, faultPicture(fault, { runs: 1 }));
    expect(await endOf(service, picture)).toMatchObject({ status: 'succeeded' });
    expect(await quarantineOf(service)).toEqual(EMPTY);
  });

  test('SIGKILL in every run bans no picture', async () => {
    const picture = await upload(service, faultPicture('SIGKILL', { runs: 3 }));
    expect(await endOf(service, picture)).toMatchObject({ status: 'succeeded' });
    expect(await quarantineOf(service)).toEqual(EMPTY);
  });

  test('uploads of a poisonous picture that share its runs are quarantined with it', async () => {
    const picture = faultPicture('SIGSEGV');
    const poison = await upload(service, picture);
    const answers = await Promise.all(Array.from({ length: 4 }, () => postImage(service, picture)));
    expect(await endOf(service, poison)).toMatchObject({ status: 'quarantined' });
    for (const answer of answers) {
      if (answer.status !== 200) await expectProblem(answer, 'quarantined');
      else
        expect(await endOf(service, (await answer.json()) as Accepted)).toMatchObject({
          status: 'quarantined',
        });
    }
  });
});

test('javascript-loop in every run bans no picture', async () => {
  await using impatient = await startService({
    faults: true,
    env: { JOB_TIMEOUT_MS: '1000', N_WORKERS: '1' },
  });
  const picture = await upload(impatient, faultPicture('javascript-loop', { runs: 3 }));
  expect(await endOf(impatient, picture)).toMatchObject({ status: 'failed' });
  expect(await quarantineOf(impatient)).toEqual(EMPTY);
  await expectCleanEnd(impatient);
});
