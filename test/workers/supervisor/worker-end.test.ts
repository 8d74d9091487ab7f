import { expect, test } from 'vitest';
import { signalOf } from '../../../workers/supervisor/worker-end.ts';

test.each([
  [null, 'SIGSEGV', 'SIGSEGV'],
  [139, 'SIGBUS', 'SIGBUS'],
  [128 + 11, null, 'SIGSEGV'],
  [128 + 9, null, 'SIGKILL'],
  [128 + 7, null, 'SIGBUS'],
  [128 + 6, null, 'SIGABRT'],
  [128 + 4, null, 'SIGILL'],
  [128 + 15, null, 'SIGTERM'],
  [128, null, null],
  [255, null, null],
  [1, null, null],
  [0, null, null],
  [null, null, null],
])('an end with exit code %j and signal %j is by the signal %j', (exitCode, signal, expected) => {
  expect(signalOf({ exitCode, signal })).toBe(expected);
});
