import { describe, expect, test } from 'vitest';
import { NO_DEADLINE_MS, newRun, startWorker } from '../../../helpers/fixture-worker.ts';

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
