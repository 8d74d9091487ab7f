import { expect, test } from 'vitest';
import type { FailureCode, RunOutcome } from '../../../shared/domain/job.ts';
import { outcomeOfEnd } from '../../../workers/supervisor/run-outcome.ts';
import type { WorkerEnd } from '../../../workers/supervisor/worker-end.ts';

const killed = (killedFor: WorkerEnd['killedFor']): WorkerEnd => ({
  exitCode: null,
  signal: 'SIGKILL',
  killedFor,
});
const signalled = (signal: string): WorkerEnd => ({ exitCode: null, signal, killedFor: null });
const exited = (exitCode: number | null): WorkerEnd => ({ exitCode, signal: null, killedFor: null });

test.each<[string, WorkerEnd, RunOutcome, FailureCode]>([
  ['killed at its deadline', killed('deadline'), 'timed-out', 'deadline_exceeded'],
  ['killed for a lost heartbeat', killed('heartbeat'), 'timed-out', 'heartbeat_lost'],
  ['killed for a broken protocol', killed('protocol'), 'crashed', 'protocol_error'],
  ['killed by the drain', killed('drain'), 'interrupted', 'worker_lost'],
  ['killed before it was ready', killed('not-ready'), 'interrupted', 'worker_lost'],
  ...['SIGSEGV', 'SIGBUS', 'SIGILL', 'SIGABRT', 'SIGFPE', 'SIGTRAP', 'SIGXCPU'].map(
    (signal): [string, WorkerEnd, RunOutcome, FailureCode] => [
      `died of ${signal}`,
      signalled(signal),
      'crashed',
      'worker_crashed',
    ],
  ),
  ...['SIGKILL', 'SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT'].map(
    (signal): [string, WorkerEnd, RunOutcome, FailureCode] => [
      `was ended from outside by ${signal}`,
      signalled(signal),
      'interrupted',
      'worker_lost',
    ],
  ),
  [
    'died of SIGABRT, out of memory',
    { ...signalled('SIGABRT'), outOfMemory: true },
    'crashed',
    'out_of_memory',
  ],
  [
    'was killed from outside, out of memory',
    { ...signalled('SIGKILL'), outOfMemory: true },
    'interrupted',
    'worker_lost',
  ],
  ['exited with 0', exited(0), 'crashed', 'worker_crashed'],
  ['exited with 1', exited(1), 'crashed', 'worker_crashed'],
  ['exited with 139, which is 128 + SIGSEGV', exited(139), 'crashed', 'worker_crashed'],
  ['exited with 137, which is 128 + SIGKILL', exited(137), 'interrupted', 'worker_lost'],
  ['exited with 255, which is no signal', exited(255), 'crashed', 'worker_crashed'],
])('the run of a worker that %s', (_, end, outcome, failure) => {
  expect(outcomeOfEnd(end)).toEqual({ outcome, failure });
});
