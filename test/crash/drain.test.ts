import { once } from 'node:events';
import { connect } from 'node:net';
import { expect, test } from 'vitest';
import { faultPicture } from '../fixtures/fault-pictures.ts';
import {
  duringRun,
  expectCleanEnd,
  expectWhole,
  foundAtStart,
  outcomesOf,
  workerOf,
} from '../helpers/aftermath.ts';
import { eventually } from '../helpers/eventually.ts';
import { startUpload } from '../helpers/half-upload.ts';
import { freezeWorkers, gone, thaw } from '../helpers/processes.ts';
import { PROFILE } from '../helpers/profile.ts';
import { rawConnection } from '../helpers/raw-connection.ts';
import { type LogLine, type RunningService, startService } from '../helpers/service.ts';
import { inEachSandbox } from '../helpers/strict.ts';
import { Accepted, newPicture, postImage, upload } from '../helpers/upload.ts';

const SMALL = 'testdata/images/testimage_small.jpg';
const TINY = 'testdata/images/tiny_1x1.png';
const LARGE = 'testdata/images/testimage_large.jpg';
/** With the spare there are two processes. */
const ONE_WORKER = { N_WORKERS: '1' };
const CLEAN = { code: 0, signal: null };
const NOTHING_HALF = { interrupted: 0, unnamedSets: 0, orphanOriginals: 0 };
const NOTHING_LEFT = { ...NOTHING_HALF, queued: 0 };
/** Of uploads that were accepted when it had begun: a node leaves to others what no worker of it has yet. */
const NOTHING_LEFT_OF_LATE = PROFILE === 'cluster' ? NOTHING_HALF : NOTHING_LEFT;

test('SIGTERM in the middle of uploads ends clean, and all that was accepted is done', async () => {
  await using draining = await startService({ env: { DRAIN_TIMEOUT_MS: '15000' } });
  const workers = await draining.workerPids();
  const accepted: Accepted[] = [];
  const send = async () => {
    while (true) {
      // A drained service refuses connections, and that is the end of sending.
      const answer = await postImage(draining, await newPicture(SMALL)).catch(() => null);
      if (!answer) return;
      if (answer.status === 200) accepted.push(Accepted.parse(await answer.json()));
      else await answer.body?.cancel();
    }
  };
  const sending = Promise.all(Array.from({ length: 4 }, send));
  await eventually('some uploads', () => accepted.length >= 6);
  draining.process.kill('SIGTERM');

  expect(await draining.exited).toEqual(CLEAN);
  await sending;
  await gone(workers);
  expect(drainMilliseconds(draining)).toBeLessThan(15_000);

  await using service = await startService({ folder: draining.folder });
  expect(await foundAtStart(service)).toMatchObject(NOTHING_LEFT_OF_LATE);
  for (const job of (await expectWhole(service, accepted)).values()) {
    expect(outcomesOf(job)).toEqual(['succeeded']);
  }
  await expectCleanEnd(service);
});

const HALF_A_REQUEST = 'GET /livez HTTP/1.1\r\nHo';
test('who has sent nothing, a part of a request, or a part of the next one does not hold up the drain', async () => {
  await using draining = await startService({ env: ONE_WORKER });
  const nothing = await rawConnection(draining, '');
  const part = await rawConnection(draining, HALF_A_REQUEST);
  const next = await rawConnection(draining, `GET /livez HTTP/1.1\r\nHost: x\r\n\r\n${HALF_A_REQUEST}`);
  await eventually('an answer', () => next.statuses().length > 0);
  draining.process.kill('SIGTERM');
  expect(await draining.exited).toEqual(CLEAN);
  // Where nothing was sent, Bun has never known of it, and the kernel does not tell.
  for (const { socket } of [nothing, part, next]) socket.destroy();
});

test('a drain first turns readiness off, and still accepts until load balancers have noticed', async () => {
  await using draining = await startService({ env: { ...ONE_WORKER, DRAIN_DELAY_MS: '2000' } });
  draining.process.kill('SIGTERM');
  await draining.logged('draining');
  const readiness = await draining.fetch('/readyz');
  expect(readiness.status).toBe(503);
  expect(await readiness.json()).toMatchObject({ reason: 'draining' });
  // Who keeps a connection is to make the next one elsewhere, before this one is cut.
  expect(readiness.headers.get('connection')).toBe('close');
  const late = await upload(draining, TINY);
  expect(await draining.exited).toEqual(CLEAN);

  await using service = await startService({ env: ONE_WORKER, folder: draining.folder });
  expect(await foundAtStart(service)).toMatchObject(NOTHING_LEFT);
  await expectWhole(service, [late], 1);
  await expectCleanEnd(service);
});

test('a drain refuses new connections, and answers the upload whose body is still coming', async () => {
  await using draining = await startService({ env: ONE_WORKER });
  const half = await startUpload(draining, LARGE);
  draining.process.kill('SIGTERM');
  await draining.logged('draining');
  await eventually('a refused connection', () => isRefused(draining));
  const { status, connection, accepted } = await half.finish();
  expect({ status, connection }).toEqual({ status: 200, connection: 'close' });
  expect(await draining.exited).toEqual(CLEAN);

  await using service = await startService({ env: ONE_WORKER, folder: draining.folder });
  expect(await foundAtStart(service)).toMatchObject(NOTHING_LEFT_OF_LATE);
  await expectWhole(service, [accepted], 1);
  await expectCleanEnd(service);
});

inEachSandbox('in a drain', (env) => {
  test('a drain lets the runs finish', async () => {
    await using draining = await startService({ env: { ...ONE_WORKER, ...env } });
    const frozen = await freezeWorkers(draining);
    const accepted = await upload(draining, TINY);
    await duringRun(draining, accepted, 1);
    draining.process.kill('SIGTERM');
    await draining.logged('draining');
    for (const pid of frozen) thaw(pid);
    expect(await draining.exited).toEqual(CLEAN);
    await gone(frozen);

    await using service = await startService({ env: { ...ONE_WORKER, ...env }, folder: draining.folder });
    expect(await foundAtStart(service)).toMatchObject(NOTHING_LEFT);
    const job = (await expectWhole(service, [accepted], 1)).get(accepted.id);
    expect(job && outcomesOf(job)).toEqual(['succeeded']);
    await expectCleanEnd(service);
  });
});

test('a worker that crashes during a drain leaves its job to the next start, and the drain is clean', async () => {
  await using draining = await startService({ env: ONE_WORKER, faults: true });
  const frozen = await freezeWorkers(draining);
  const accepted = await upload(draining, faultPicture('SIGSEGV', { runs: 1 }));
  await duringRun(draining, accepted, 1);
  draining.process.kill('SIGTERM');
  await draining.logged('draining');
  for (const pid of frozen) thaw(pid);
  expect(await draining.exited).toEqual(CLEAN);
  await gone(frozen);

  await using service = await startService({ env: ONE_WORKER, faults: true, folder: draining.folder });
  const job = (await expectWhole(service, [accepted], 1)).get(accepted.id);
  expect(job && outcomesOf(job)).toEqual(['crashed SIGSEGV', 'succeeded']);
  await expectCleanEnd(service);
});

test('a drain with a stuck run is forced in time with exit code 1, and the next start runs it', async () => {
  await using draining = await startService({ env: { ...ONE_WORKER, DRAIN_TIMEOUT_MS: '3000' } });
  const frozen = await freezeWorkers(draining);
  const accepted = await upload(draining, TINY);
  const stuck = workerOf(await duringRun(draining, accepted, 1));
  for (const pid of frozen) if (pid !== stuck) thaw(pid);
  draining.process.kill('SIGTERM');
  expect(await draining.exited).toEqual({ code: 1, signal: null });
  expect(drainMilliseconds(draining)).toBeLessThanOrEqual(3_000);
  await gone(frozen);

  await using service = await startService({ env: ONE_WORKER, folder: draining.folder });
  expect(await foundAtStart(service), 'the run was settled by the drain itself').toMatchObject({
    interrupted: 0,
    queued: 1,
  });
  const job = (await expectWhole(service, [accepted], 1)).get(accepted.id);
  expect(job && outcomesOf(job)).toEqual(['interrupted SIGKILL', 'succeeded']);
  await expectCleanEnd(service);
});

/** As the service saw it: a loaded machine may tell us later. */
function drainMilliseconds({ lines }: RunningService): number {
  const at = (fits: (line: LogLine) => boolean) => Date.parse(String(lines.find(fits)?.time));
  return (
    at((line) => line.exitCode !== undefined && line.workerPid === undefined) -
    at(({ msg }) => msg === 'draining')
  );
}

async function isRefused(service: RunningService): Promise<boolean> {
  const { hostname, port } = new URL(service.url);
  const socket = connect(Number(port), hostname);
  try {
    await once(socket, 'connect');
    return false;
  } catch {
    return true;
  } finally {
    socket.destroy();
  }
}
