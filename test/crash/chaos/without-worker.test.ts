import { expect, test } from 'vitest';
import { withoutWorker } from './without-worker.ts';

const at = (seconds: number, msg: string, workerPid?: number) => ({
  time: new Date(seconds * 1000).toISOString(),
  msg,
  workerPid,
});

const END = 100_000;

test('the time without a worker begins at `listening` and ends with the first one that is ready', () => {
  const lines = [at(1, 'recovered'), at(2, 'listening'), at(5, 'worker ready', 1), at(6, 'worker ready', 2)];
  expect(withoutWorker(lines, END)).toEqual({ totalMs: 3_000, longestMs: 3_000 });
});

test('it is counted from the death of the last one, and until the end of the service', () => {
  const lines = [
    at(1, 'worker ready', 1),
    at(2, 'listening'),
    at(3, 'worker ready', 2),
    at(10, 'worker died', 1),
    at(20, 'worker retired', 2),
    at(21, 'worker died before it was ready', 3),
    at(22, 'worker ready', 4),
    at(95, 'worker died', 4),
  ];
  expect(withoutWorker(lines, END)).toEqual({ totalMs: 7_000, longestMs: 5_000 });
});

test('there is none while one is left, and none before or after the life', () => {
  const lines = [
    at(1, 'worker ready', 1),
    at(2, 'listening'),
    at(3, 'worker ready', 2),
    at(9, 'worker died', 2),
    at(101, 'worker stopped', 1),
  ];
  expect(withoutWorker(lines, END)).toEqual({ totalMs: 0, longestMs: 0 });
});
