import { S3ServiceException } from '@aws-sdk/client-s3';
import { beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { Circuit } from '../../../../shared/storage/s3/circuit.ts';
import { recordingLog } from '../../../helpers/recording-log.ts';

const OPEN_MS = 5_000;

/** What S3 says to a call. */
const said = (name: string, status: number) =>
  new S3ServiceException({
    name,
    $fault: status < 500 ? 'client' : 'server',
    $metadata: { httpStatusCode: status },
  });

const refused = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
const NOT_ASKED = {
  name: 'StoreError',
  code: 'storage_unavailable',
  message: expect.stringContaining('not asked'),
};

beforeEach(() => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
});

function newCircuit() {
  const { log, lines } = recordingLog();
  const circuit = new Circuit({ failuresToOpen: 3, openMs: OPEN_MS }, log);
  const call = vi.fn<() => Promise<string>>();
  const run = () => circuit.run(call);
  const failing = async (error: unknown, times: number) => {
    call.mockRejectedValue(error);
    for (let n = 0; n < times; n++) await expect(run()).rejects.toBe(error);
  };
  return { circuit, lines, call, run, failing };
}

describe('a circuit', () => {
  test('passes on what a call gives or throws', async () => {
    const { call, run } = newCircuit();
    call.mockResolvedValueOnce('an answer');
    expect(await run()).toBe('an answer');
    const missing = said('NoSuchKey', 404);
    call.mockRejectedValueOnce(missing);
    await expect(run()).rejects.toBe(missing);
  });

  test('opens after some failures of S3 in a row, and then asks no more', async () => {
    const { circuit, lines, call, run, failing } = newCircuit();
    await failing(refused, 2);
    expect(circuit.isClosed).toBe(true);
    await failing(refused, 1);
    expect(circuit.isClosed).toBe(false);
    await expect(run()).rejects.toMatchObject(NOT_ASKED);
    expect(call).toHaveBeenCalledTimes(3);
    const msg = 'S3 is out of reach: calls fail at once';
    expect(lines).toEqual([{ level: 'error', failure: 'ECONNREFUSED', msg }]);
  });

  test.each([
    ['no answer at all', refused],
    ['InternalError', said('InternalError', 500)],
    ['SlowDown', said('SlowDown', 503)],
    ['TooManyRequests', said('TooManyRequests', 429)],
    ['keys that it does not know', said('InvalidAccessKeyId', 403)],
    ['keys that have run out', said('ExpiredToken', 400)],
  ])('takes %s for a failure of S3', async (_, failure) => {
    const { circuit, failing } = newCircuit();
    await failing(failure, 1);
    expect(circuit.answers).toBe(false);
    await failing(failure, 2);
    expect(circuit.isClosed).toBe(false);
  });

  test.each([
    said('NoSuchKey', 404),
    said('PreconditionFailed', 412),
    said('AccessDenied', 403),
    said('InvalidRange', 416),
    said('NotImplemented', 501),
  ])('takes $name for an answer like any other', async (answer) => {
    const { circuit, failing } = newCircuit();
    await failing(answer, 10);
    expect(circuit.answers).toBe(true);
    expect(circuit.isClosed).toBe(true);
  });

  test.each(['an answer', said('NoSuchKey', 404)])('counts anew after %s', async (answer) => {
    const { circuit, call, run, failing } = newCircuit();
    await failing(refused, 2);
    if (typeof answer === 'string') call.mockResolvedValueOnce(answer);
    else call.mockRejectedValueOnce(answer);
    await run().catch(() => {});
    await failing(refused, 2);
    expect(circuit.isClosed).toBe(true);
    await failing(refused, 1);
    expect(circuit.isClosed).toBe(false);
  });
});

describe('an open circuit', () => {
  async function open() {
    const it = newCircuit();
    await it.failing(refused, 3);
    it.call.mockReset();
    return it;
  }

  test('asks once after a while, lets nobody wait for that, and closes when there is an answer', async () => {
    const { circuit, lines, call, run } = await open();
    vi.advanceTimersByTime(OPEN_MS - 1);
    await expect(run()).rejects.toMatchObject(NOT_ASKED);
    vi.advanceTimersByTime(1);
    const answer = Promise.withResolvers<string>();
    call.mockReturnValueOnce(answer.promise);
    const trying = run();
    await expect(run()).rejects.toMatchObject(NOT_ASKED);
    expect(call).toHaveBeenCalledTimes(1);
    expect(circuit.answers).toBe(false);
    answer.resolve('an answer');
    expect(await trying).toBe('an answer');
    expect(circuit.answers).toBe(true);
    expect(circuit.isClosed).toBe(true);
    expect(lines.at(-1)).toEqual({ level: 'info', msg: 'S3 is in reach again' });
  });

  test('closes when it is told that there is no such object', async () => {
    const { circuit, call, run } = await open();
    vi.advanceTimersByTime(OPEN_MS);
    call.mockRejectedValueOnce(said('NoSuchKey', 404));
    await expect(run()).rejects.toThrow();
    expect(circuit.isClosed).toBe(true);
  });

  test('stays open for as long again when there is none', async () => {
    const { circuit, call, run, failing } = await open();
    vi.advanceTimersByTime(OPEN_MS);
    await failing(refused, 1);
    expect(circuit.isClosed).toBe(false);
    vi.advanceTimersByTime(OPEN_MS - 1);
    await expect(run()).rejects.toMatchObject(NOT_ASKED);
    expect(call).toHaveBeenCalledTimes(1);
  });
});
