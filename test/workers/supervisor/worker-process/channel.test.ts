import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { WorkerProcess } from '../../../../workers/supervisor/worker-process.ts';
import { FakeChild, launched } from '../../../helpers/fake-child.ts';
import { NO_DEADLINE_MS, newRun, startWorker } from '../../../helpers/fixture-worker.ts';
import { recordingLog } from '../../../helpers/recording-log.ts';

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
