import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Fault, faultPicture, goodPicture } from '../fixtures/fault-pictures.ts';
import { expectCleanEnd, expectWhole, outcomesOf } from '../helpers/aftermath.ts';
import { commitOnce } from '../helpers/fault-run.ts';
import { RUNTIME, type RunningService, startService } from '../helpers/service.ts';
import { upload } from '../helpers/upload.ts';

let service: RunningService;
beforeAll(async () => {
  service = await startService({ faults: true, env: { JOB_TIMEOUT_MS: '2500' } });
});
afterAll(async () => {
  await expectCleanEnd(service);
  await service[Symbol.asyncDispose]();
});

const UNKNOWN_FORM = 'a message of no known form';
const UNKNOWN_RUN = 'a run that it does not have';

test.for([
  ['malformed-message', 'crashed SIGKILL', UNKNOWN_FORM],
  ['oversized-message', 'crashed SIGKILL', UNKNOWN_FORM],
  ['no-json', 'crashed SIGKILL', UNKNOWN_FORM],
  ['unknown-run', 'crashed SIGKILL', UNKNOWN_RUN],
  ['ready-twice', 'crashed SIGKILL', 'ready twice'],
  // The first answer counts, and asks for another run.
  ['result-twice', 'errored', UNKNOWN_RUN],
  ['disconnect', 'crashed SIGKILL', 'a closed channel'],
] as const satisfies [Fault, string, string][])(
  '%s: the worker is killed for it, and the picture runs again',
  async ([fault, outcome, what]) => {
    const { outcomes, lines } = await commitOnce(service, fault);
    expect(outcomes).toEqual([outcome, 'succeeded']);
    expect(lines).toContainEqual(expect.objectContaining({ msg: 'worker broke the protocol', what }));
    expect(lines).toContainEqual(expect.objectContaining({ msg: 'worker died', killedFor: 'protocol' }));
  },
);

test('endless-message: the deadline ends a worker that never comes to the end of a line', async () => {
  const { outcomes, lines } = await commitOnce(service, 'endless-message');
  expect(outcomes).toEqual(['timed-out SIGKILL', 'succeeded']);
  expect(lines).toContainEqual(expect.objectContaining({ msg: 'worker died', killedFor: 'deadline' }));
});

test('leaves-position: nothing of the run is published, and the picture runs again', async () => {
  const from = service.lines.length;
  const { job, outcomes } = await commitOnce(service, 'leaves-position');
  expect(outcomes).toEqual(['errored', 'succeeded']);
  expect(job.runs[0]).toMatchObject({ failure: 'metadata_left' });
  const { err } = await service.logged('run failed outside its worker', from);
  expect(err).toMatchObject({ message: 'large.jpg carries a position' });
});

test('flood: what a worker prints is bounded, and its run goes well', async () => {
  const { outcomes, lines } = await commitOnce(service, 'flood');
  expect(outcomes).toEqual(['succeeded']);
  expect(lines.filter(({ msg }) => msg === 'worker printed').length).toBeLessThanOrEqual(100);
});

test('EPIPE on hand-off: a run that its worker never received is made by another, and charged to nobody', async () => {
  const from = service.lines.length;
  const last = await upload(service, faultPicture('answer-then-disconnect', { runs: 1 }));
  const { workerPid: deaf } = await service.logged('worker could not make the variants', from);
  // The worker that came back last is the first to go. One of these meets it, or the second run of the first.
  const innocent = await upload(service, goodPicture());
  const jobs = await expectWhole(service, [last, innocent]);
  const runs = [last, innocent].flatMap(({ id }) => jobs.get(id)?.runs ?? []);
  const [answered, lost, ...others] = runs.toSorted(
    (a, b) => Number(b.workerPid === deaf) - Number(a.workerPid === deaf),
  );
  expect(answered).toMatchObject({ workerPid: deaf, outcome: 'errored' });
  // Bun does not tell that a pipe is broken: there the deadline ends the run.
  expect(lost).toMatchObject({ workerPid: deaf, outcome: RUNTIME === 'bun' ? 'timed-out' : 'interrupted' });
  expect(outcomesOf({ runs: others })).toEqual(['succeeded', 'succeeded']);
  const { killedFor } = await service.logged(
    ({ msg, workerPid }) => msg === 'worker died' && workerPid === deaf,
  );
  expect(killedFor).toBe(RUNTIME === 'bun' ? 'deadline' : 'protocol');
});
