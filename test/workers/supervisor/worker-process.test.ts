import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { outcomeOfEnd } from '../../../workers/supervisor/run-outcome.ts';
import { WorkerProcess } from '../../../workers/supervisor/worker-process.ts';
import { FakeChild, launched } from '../../helpers/fake-child.ts';
import { launchOf, newRun, startWorker } from '../../helpers/fixture-worker.ts';
import { recordingLog } from '../../helpers/recording-log.ts';

/** Longer than any of these tests takes. */
const NO_DEADLINE_MS = 25_000;

describe('a worker that does as it should', () => {
  test('is ready, answers one run after another, and ends when it is told to', async () => {
    const { worker } = await startWorker('answers');
    expect(await worker.ready).toBe(true);
    expect(worker.isReady).toBe(true);
    for (const run of [newRun(), newRun()]) {
      const verdict = await worker.run(run, NO_DEADLINE_MS);
      expect(verdict).toMatchObject({
        kind: 'result',
        result: { runId: run.runId, outcome: 'errored', detail: 'so it is', peakRssBytes: 2 },
      });
    }
    worker.stop();
    expect(await worker.ended).toEqual({ exitCode: 0, signal: null, killedFor: null });
  });
});

describe('a worker that breaks the protocol is killed', () => {
  test.each([
    ['malformed-message', 'a message of no known form'],
    ['ready-twice', 'ready twice'],
    ['result-of-unknown-run', 'a run that it does not have'],
  ])('by %s', async (fixture, what) => {
    const { worker, said } = await startWorker(fixture);
    const run = newRun();
    const end = { signal: 'SIGKILL', killedFor: 'protocol' };
    expect(await worker.run(run, NO_DEADLINE_MS)).toMatchObject({ kind: 'ended', end });
    expect(await worker.ended).toMatchObject(end);
    expect(await said('worker broke the protocol')).toMatchObject({
      level: 'error',
      what,
      runId: run.runId,
      workerPid: worker.pid,
    });
  });

  test('by a second result, which does not count', async () => {
    const { worker } = await startWorker('two-results');
    const verdict = await worker.run(newRun(), NO_DEADLINE_MS);
    expect(verdict).toMatchObject({ kind: 'result', result: { outcome: 'errored' } });
    expect(await worker.ended).toMatchObject({ killedFor: 'protocol' });
  });
});

describe('a worker that was given up while it was idle', () => {
  test.each(['protocol', 'heartbeat'] as const)(
    '(%s) is not charged to the run that is handed to it then',
    async (reason) => {
      const { worker } = await startWorker('answers');
      worker.kill(reason);
      const innocent = await worker.run(newRun(), NO_DEADLINE_MS);
      if (innocent.kind !== 'ended') throw new Error('a killed worker has answered');
      expect(outcomeOfEnd(innocent.end)).toEqual({ outcome: 'interrupted', failure: 'worker_lost' });
      expect(innocent.end, 'it is told how it ended').toMatchObject({ signal: 'SIGKILL' });
    },
  );
});

describe('a worker whose channel closes', () => {
  const run = newRun();
  /** A child that is ready and does nothing by itself. */
  function ready() {
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    const child = new FakeChild();
    const recording = recordingLog();
    const worker = new WorkerProcess(launched(child), recording.log);
    child.says({ type: 'ready', decoder: 'a fixture' });
    return { child, worker, ...recording };
  }

  test('is not ready any more, and is killed when it lives on', async () => {
    const { child, worker, lines } = ready();
    expect(worker.isReady).toBe(true);
    child.disconnects();
    expect(worker.isReady).toBe(false);
    await vi.advanceTimersByTimeAsync(900);
    expect(child.signalCode).toBeNull();
    await vi.advanceTimersByTimeAsync(200);
    expect(await worker.ended).toEqual({ exitCode: null, signal: 'SIGKILL', killedFor: 'protocol' });
    expect(lines).toMatchObject([{ msg: 'worker broke the protocol', what: 'a closed channel' }]);
  });

  test('and that died of itself is not said to have been killed by us, who come too late', async () => {
    const { child, worker } = ready();
    const verdict = worker.run(run, NO_DEADLINE_MS);
    child.says({ type: 'started', runId: run.runId });
    // Its end is known; what it has said is still being read.
    Object.assign(child, { signalCode: 'SIGSEGV' });
    child.emit('exit', null, 'SIGSEGV');
    worker.kill('drain');
    child.emit('close', null, 'SIGSEGV');
    expect(await verdict).toMatchObject({ end: { signal: 'SIGSEGV', killedFor: null } });
  });

  test('is handed no run: that is interrupted, not charged with the kill', async () => {
    const { child, worker } = ready();
    child.disconnects();
    const verdict = worker.run(run, NO_DEADLINE_MS);
    await vi.advanceTimersByTimeAsync(1_100);
    const end = { exitCode: null, signal: 'SIGKILL', killedFor: 'not-ready' };
    expect(await verdict).toEqual({ kind: 'ended', end });
    expect(child.heard).toEqual([]);
  });

  test('in a run ends that when it has ended itself', async () => {
    const { child, worker } = ready();
    const verdict = worker.run(run, NO_DEADLINE_MS);
    child.says({ type: 'started', runId: run.runId });
    child.disconnects();
    await vi.advanceTimersByTimeAsync(500);
    child.ends(null, 'SIGSEGV');
    const end = { exitCode: null, signal: 'SIGSEGV', killedFor: null };
    expect(await verdict).toEqual({ kind: 'ended', end });
  });

  test('has ended only when all that it said is read: a result that comes after its exit is a result', async () => {
    const { child, worker } = ready();
    const verdict = worker.run(run, NO_DEADLINE_MS);
    child.says({ type: 'started', runId: run.runId });
    Object.assign(child, { signalCode: 'SIGSEGV' });
    child.emit('exit', null, 'SIGSEGV');
    await vi.advanceTimersByTimeAsync(100);
    const figures = { steps: [], rssBytes: 1, peakRssBytes: 2 };
    const said = { outcome: 'errored', failure: 'worker_error', detail: 'so it is', ...figures };
    child.says({ type: 'result', runId: run.runId, ...said });
    child.emit('close', null, 'SIGSEGV');
    expect(await verdict).toMatchObject({ kind: 'result', result: said });
  });

  test('before it has begun its run is not charged to that run', async () => {
    const { child, worker } = ready();
    const verdict = worker.run(run, NO_DEADLINE_MS);
    child.ends(null, 'SIGSEGV');
    const end = { exitCode: null, signal: 'SIGSEGV', killedFor: 'not-ready' };
    expect(await verdict).toEqual({ kind: 'ended', end });
  });

  test('and that has exited is not killed, however long the rest of its output takes', async () => {
    const { child, worker, lines } = ready();
    child.disconnects();
    await vi.advanceTimersByTimeAsync(900);
    Object.assign(child, { signalCode: 'SIGSEGV' });
    child.emit('exit', null, 'SIGSEGV');
    await vi.advanceTimersByTimeAsync(10_000);
    expect(await worker.ended).toEqual({ exitCode: null, signal: 'SIGSEGV', killedFor: null });
    expect(lines).toEqual([]);
  });

  test('has given a result that came before', async () => {
    const { worker } = await startWorker('disconnects');
    expect(await worker.run(newRun(), NO_DEADLINE_MS)).toMatchObject({ kind: 'result' });
    expect(await worker.ended).toMatchObject({ signal: 'SIGKILL', killedFor: 'protocol' });
  });

  test('only when it is handed a run, which is lost on the way, has nobody to charge for that', async () => {
    const { worker } = await startWorker('hears-nothing');
    const verdict = await worker.run(newRun(), NO_DEADLINE_MS);
    const end = { exitCode: null, signal: 'SIGKILL', killedFor: 'not-ready' };
    expect(verdict).toEqual({ kind: 'ended', end });
    expect(await worker.ended).toMatchObject({ killedFor: 'protocol' });
  });

  test('really: in the middle of a run', async () => {
    const { worker } = await startWorker('disconnects-at-run');
    const end = { exitCode: null, signal: 'SIGKILL', killedFor: 'protocol' };
    expect(await worker.run(newRun(), NO_DEADLINE_MS)).toEqual({ kind: 'ended', end });
  });
});

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

describe('what a worker prints', () => {
  test('is read to the end and bounded, however much it is', async () => {
    const { worker, lines, said } = await startWorker('floods-output');
    const run = newRun();
    expect(await worker.run(run, NO_DEADLINE_MS)).toMatchObject({ kind: 'result' });
    worker.stop();
    await worker.ended;
    const printed = lines.filter((line) => line.msg === 'worker printed').map(({ line }) => String(line));
    expect(printed).toHaveLength(100);
    expect(Math.max(...printed.map((line) => line.length))).toBe(4_096);
    expect(await said('worker printed too much')).toMatchObject({ dropped: 903, runId: run.runId });
  });

  test('is logged with the ids that we know, whatever it claims', async () => {
    const { worker, said } = await startWorker('claims-other-ids');
    const run = newRun();
    void worker.run(run, NO_DEADLINE_MS);
    const line = await said('run started');
    const { runId, jobId, imageId, requestId } = run;
    expect(line).toEqual({
      level: 'info',
      msg: 'run started',
      ms: 3,
      workerPid: worker.pid,
      runId,
      jobId,
      imageId,
      requestId,
    });
  });
});
