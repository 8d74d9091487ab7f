import { describe, expect, test } from 'vitest';
import { outcomeOfEnd } from '../../../../workers/supervisor/run-outcome.ts';
import { NO_DEADLINE_MS, newRun, startWorker } from '../../../helpers/fixture-worker.ts';

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
