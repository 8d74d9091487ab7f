import { readdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { RunEnd } from '../../../../shared/jobs/records.ts';
import type { WorkerEnd } from '../../../../workers/supervisor/worker-end.ts';
import { rejects } from '../../../helpers/variant-maker.ts';
import { ENDED, fail, type Given, OUT_OF_REACH, surroundings, WORK } from './surroundings.ts';
import { die, leaveComments, makeNothing } from './verdicts.ts';

describe('a run that comes to nothing', () => {
  test('is none where its job is not queued any more: its worker is asked for nothing', async () => {
    const { run, calls } = await surroundings({ startRun: () => null });
    expect(await run()).toEqual(ENDED);
    expect(calls).toEqual(['startRun', 'free']);
  });

  test('comes again when its start could not be recorded', async () => {
    const { run, calls, said } = await surroundings({ startRun: fail(OUT_OF_REACH) });
    expect(await run()).toEqual({ kind: 'again', inMs: 1_000, isSuspect: false });
    expect(calls).toEqual(['startRun', 'free']);
    expect(await said('run could not be recorded')).toMatchObject({ level: 'error', jobId: WORK.jobId });
  });

  test('has its place where its worker ends before it is told of it, and leaves nothing there', async () => {
    const killed: WorkerEnd = { exitCode: null, signal: 'SIGKILL', killedFor: 'not-ready' };
    const seen: string[] = [];
    const { run, ends, lines, root } = await surroundings({
      meanwhile: ({ folder }) => folder.leave(),
      work: async ({ outputPath }) => {
        seen.push(...(await readdir(dirname(outputPath))).sort());
        return { kind: 'ended', end: killed };
      },
    });
    await run();
    expect(seen).toEqual(['in', 'out', 'taken', 'tmp']);
    expect(ends).toEqual([expect.objectContaining({ outcome: 'interrupted', next: 'queued' })]);
    expect(lines.filter(({ level }) => level !== 'info')).toEqual([]);
    expect(await readdir(root)).toEqual([]);
  });

  const failures: [string, Given, Partial<RunEnd>][] = [
    [
      'the original is missing: for good',
      { stageOriginal: () => false },
      { outcome: 'rejected', failure: 'original_missing', next: 'failed' },
    ],
    [
      'the original cannot be staged',
      { stageOriginal: fail(OUT_OF_REACH) },
      { outcome: 'errored', failure: 'storage_error', next: 'queued' },
    ],
    [
      'its recipe cannot be read',
      { recipe: fail(OUT_OF_REACH) },
      { outcome: 'errored', failure: 'storage_error', next: 'queued' },
    ],
    [
      'the worker reports what it has not written',
      { work: makeNothing },
      { outcome: 'errored', failure: 'protocol_error', next: 'queued', peakRssBytes: null },
    ],
    [
      'an output would tell more than its picture',
      { work: leaveComments },
      { outcome: 'errored', failure: 'metadata_left', next: 'queued', peakRssBytes: null },
    ],
    [
      'the outputs cannot be published',
      { publish: fail(OUT_OF_REACH) },
      { outcome: 'errored', failure: 'storage_error', next: 'queued' },
    ],
    [
      'the worker cannot read the picture: for good',
      { work: rejects },
      { outcome: 'rejected', failure: 'image_unreadable', next: 'failed', peakRssBytes: 2_000 },
    ],
    [
      'the worker dies',
      { work: die },
      { outcome: 'crashed', failure: 'worker_crashed', next: 'queued', signal: 'SIGSEGV' },
    ],
    [
      'the worker dies once more: for good',
      { work: die, startRun: () => ({ outcomes: { crashed: 1 }, decoderDeaths: 0 }) },
      { outcome: 'crashed', failure: 'worker_crashed', next: 'failed', signal: 'SIGSEGV' },
    ],
    [
      'something goes wrong for the last time that is allowed',
      { publish: fail(OUT_OF_REACH), startRun: () => ({ outcomes: { errored: 19 }, decoderDeaths: 0 }) },
      { outcome: 'errored', failure: 'storage_error', next: 'failed' },
    ],
  ];

  test.each(failures)('is recorded as such where %s', async (_, given, end) => {
    const { run, ends, calls } = await surroundings(given);
    const aftermath = await run();
    expect(ends).toEqual([expect.objectContaining({ ...end, jobId: WORK.jobId, published: null })]);
    expect(aftermath.kind).toBe(end.next === 'queued' ? 'again' : 'ended');
    expect(calls.filter((call) => call.startsWith('removePublished'))).toEqual([]);
  });

  test('is not handed to a worker where there is nothing to hand over', async () => {
    const { run, calls } = await surroundings({ stageOriginal: () => false });
    await run();
    expect(calls).not.toContain('work');
  });
});
