import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { WorkerOutput } from '../../../workers/supervisor/worker-output.ts';
import { FakeChild } from '../../helpers/fake-child.ts';
import { newRun } from '../../helpers/fixture-worker.ts';
import { recordingLog } from '../../helpers/recording-log.ts';

const MOST_LINES = 100;

/** What a worker prints, and the lines of the service's log that come of it. */
function printer() {
  const child = new FakeChild();
  const { log, lines } = recordingLog();
  const output = new WorkerOutput(child.asChild, log);
  const print = async (text: string | Uint8Array, stream: 'stdout' | 'stderr' = 'stdout') => {
    child[stream].write(text);
    // What is written is read within a turn of the loop.
    await nextTurn();
  };
  const say = (msg: string, about: object = {}) =>
    print(`${JSON.stringify({ level: 'info', msg, ...about })}\n`);
  const begin = () => {
    const { requestId, imageId, jobId, runId } = newRun();
    const ids = { requestId, imageId, jobId, runId };
    output.begin(ids);
    return ids;
  };
  return { child, output, lines, print, say, begin };
}

describe('a line', () => {
  test('is one, however it comes', async () => {
    const { lines, print } = printer();
    const bytes = Buffer.from('first line\nsecond €');
    await print(bytes.subarray(0, 4));
    await print(bytes.subarray(4, -1));
    await print(bytes.subarray(-1));
    expect(lines.map(({ line }) => line)).toEqual(['first line']);
    await print(' line\n\n\n');
    expect(lines.map(({ line }) => line)).toEqual(['first line', 'second € line']);
  });

  test('of our own form is logged as it says, and any other is a warning', async () => {
    const { lines, print, say } = printer();
    await say('run ended', { outcome: 'errored', ms: 3, secret: 'dropped', workerPid: 1 });
    await print('{"level":"fatal","msg":"no such level"}\n');
    await print('FATAL ERROR: out of memory\n', 'stderr');
    expect(lines).toEqual([
      { level: 'info', msg: 'run ended', outcome: 'errored', ms: 3 },
      { level: 'warn', msg: 'worker printed', line: '{"level":"fatal","msg":"no such level"}' },
      { level: 'warn', msg: 'worker printed', line: 'FATAL ERROR: out of memory' },
    ]);
  });

  test('is cut where it is too long', async () => {
    const { child, lines, print } = printer();
    for (let part = 0; part < 5; part++) await print('x'.repeat(3_000));
    await print(`x\n${'y'.repeat(5_000)}\n`);
    await print('z'.repeat(5_000));
    child.stdout.end();
    await nextTurn();
    expect(lines.map(({ line }) => line)).toEqual(['x', 'y', 'z'].map((letter) => letter.repeat(4_096)));
  });

  test('without an end is read at the end', async () => {
    const { child, lines, print } = printer();
    await print('last words');
    expect(lines).toEqual([]);
    child.stdout.end();
    await nextTurn();
    expect(lines).toEqual([{ level: 'warn', msg: 'worker printed', line: 'last words' }]);
  });
});

describe('a line is logged with the ids', () => {
  test('of no run, before there is one', async () => {
    const { lines, say } = printer();
    await say('loading', { runId: newRun().runId });
    expect(lines).toEqual([{ level: 'info', msg: 'loading' }]);
  });

  test('of the run that the worker was handed last', async () => {
    const { lines, say, print, begin } = printer();
    const run = begin();
    await say('run started');
    await print('a warning\n', 'stderr');
    expect(lines).toMatchObject([run, run]);
    const next = begin();
    await say('run started');
    await print('a warning\n', 'stderr');
    expect(lines.slice(2)).toMatchObject([next, next]);
  });

  test('of the run before, when it says so: it was read after the next one was handed over', async () => {
    const { lines, say, begin } = printer();
    const before = begin();
    const latest = begin();
    await say('run ended', before);
    await say('run started', latest);
    expect(lines).toEqual([
      { level: 'info', msg: 'run ended', ...before },
      { level: 'info', msg: 'run started', ...latest },
    ]);
  });

  test('that we know: it can claim no other run, and nothing else of the one that it names', async () => {
    const { lines, say, begin } = printer();
    const old = begin();
    const before = begin();
    const latest = begin();
    const forged = { requestId: 'forged', imageId: 'forged', jobId: 'forged' };
    await say('of a run long ago', { ...old });
    await say('of another worker', { runId: newRun().runId });
    await say('of the one before', { ...forged, runId: before.runId });
    await say('of the latest', { ...forged, runId: latest.runId });
    expect(lines).toEqual([
      { level: 'info', msg: 'of a run long ago', ...latest },
      { level: 'info', msg: 'of another worker', ...latest },
      { level: 'info', msg: 'of the one before', ...before },
      { level: 'info', msg: 'of the latest', ...latest },
    ]);
  });
});

describe('of one run no more is logged than a hundred lines', () => {
  const many = (count: number) => 'a line\n'.repeat(count);

  test('of both streams together, and how many more there were', async () => {
    const { lines, print, begin } = printer();
    const run = begin();
    await print(many(MOST_LINES - 1));
    await print(many(3), 'stderr');
    await print(many(5));
    expect(lines).toHaveLength(MOST_LINES);
    begin();
    expect(lines.slice(MOST_LINES)).toEqual([
      { level: 'warn', msg: 'worker printed too much', dropped: 7, ...run },
    ]);
  });

  test('and of the next one as many again', async () => {
    const { output, lines, print, begin } = printer();
    begin();
    await print(many(MOST_LINES + 1));
    const next = begin();
    lines.length = 0;
    await print(many(MOST_LINES));
    expect(lines).toHaveLength(MOST_LINES);
    await print(many(2));
    output.end();
    expect(lines.slice(MOST_LINES)).toEqual([
      { level: 'warn', msg: 'worker printed too much', dropped: 2, ...next },
    ]);
  });

  test('and nothing is said where nothing was dropped', async () => {
    const { output, lines, print, begin } = printer();
    begin();
    await print(many(MOST_LINES));
    begin();
    output.end();
    expect(lines).toHaveLength(MOST_LINES);
  });
});
