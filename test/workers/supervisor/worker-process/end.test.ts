import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, test } from 'vitest';
import { outcomeOfEnd } from '../../../../workers/supervisor/run-outcome.ts';
import { WorkerProcess } from '../../../../workers/supervisor/worker-process.ts';
import { FakeChild, launched } from '../../../helpers/fake-child.ts';
import { launchOf, NO_DEADLINE_MS, newRun, startWorker } from '../../../helpers/fixture-worker.ts';
import { recordingLog } from '../../../helpers/recording-log.ts';

describe('a worker that dies', () => {
  test('after its result has given a result', async () => {
    const { worker } = await startWorker('result-then-death');
    expect(await worker.run(newRun(), NO_DEADLINE_MS)).toMatchObject({ kind: 'result' });
    expect(await worker.ended).toEqual({ exitCode: null, signal: 'SIGSEGV', killedFor: null });
  });

  test('of a signal without a result ends its run with that signal', async () => {
    const { worker } = await startWorker('dies-at-run');
    const end = { exitCode: null, signal: 'SIGSEGV', killedFor: null };
    expect(await worker.run(newRun(), NO_DEADLINE_MS)).toEqual({ kind: 'ended', end });
  });

  test('by an exit without a result ends its run with that code', async () => {
    const { worker } = await startWorker('exits-at-run');
    const end = { exitCode: 7, signal: null, killedFor: null };
    expect(await worker.run(newRun(), NO_DEADLINE_MS)).toEqual({ kind: 'ended', end });
  });

  test('and leaves a process that holds its output ends all the same, and so does that process', async () => {
    const started = (await launchOf('leaves-grandchild'))();
    const worker = new WorkerProcess(started, recordingLog().log);
    const closed = once(started.child, 'close');
    await worker.ready;
    const end = { exitCode: null, signal: 'SIGSEGV', killedFor: null };
    expect(await worker.run(newRun(), NO_DEADLINE_MS)).toEqual({ kind: 'ended', end });
    // The pipe closes when nobody holds it any more.
    await closed;
  });

  test('before it is ready was never ready', async () => {
    const { worker } = await startWorker('exits-at-boot');
    expect(await worker.ready).toBe(false);
    expect(worker.isReady).toBe(false);
    expect(await worker.ended).toEqual({ exitCode: 1, signal: null, killedFor: null });
  });

  test('is not handed a run: the run is interrupted, whatever the worker died of', async () => {
    const { worker } = await startWorker('exits-at-boot');
    await worker.ended;
    const verdict = await worker.run(newRun(), NO_DEADLINE_MS);
    const end = { exitCode: 1, signal: null, killedFor: 'not-ready' } as const;
    expect(verdict).toEqual({ kind: 'ended', end });
    expect(outcomeOfEnd(end)).toEqual({ outcome: 'interrupted', failure: 'worker_lost' });
  });

  test('was never started where its program is missing', async () => {
    const child = spawn('/nowhere/worker', { stdio: ['pipe', 'pipe', 'pipe', 'pipe'], detached: true });
    const worker = new WorkerProcess({ ...launched(new FakeChild()), child }, recordingLog().log);
    expect(await worker.ready).toBe(false);
    expect(await worker.ended).toEqual({ exitCode: null, signal: null, killedFor: null });
  });
});

describe('a worker that hangs', () => {
  test('is killed at the deadline of its run', async () => {
    const { worker } = await startWorker('hangs-at-run');
    const end = { exitCode: null, signal: 'SIGKILL', killedFor: 'deadline' };
    expect(await worker.run(newRun(), 50)).toEqual({ kind: 'ended', end });
  });

  test('is killed by a drain, and the first reason counts', async () => {
    const { worker } = await startWorker('hangs-at-run');
    const verdict = worker.run(newRun(), NO_DEADLINE_MS);
    worker.kill('drain');
    worker.kill('deadline');
    expect(await verdict).toMatchObject({ kind: 'ended', end: { killedFor: 'drain' } });
  });

  test('is not killed late for a run that is over', async () => {
    const { worker } = await startWorker('answers');
    await worker.run(newRun(), NO_DEADLINE_MS);
    worker.stop();
    expect(await worker.ended).toMatchObject({ killedFor: null });
    worker.kill('deadline');
    expect(await worker.ended).toMatchObject({ killedFor: null });
  });
});
