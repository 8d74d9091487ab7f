import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { ClientFaults } from '../../../server/http/client-faults.ts';
import { recordingLog } from '../../helpers/recording-log.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

test('a flood of faults is a line for each kind and second, and none is lost', () => {
  const { log, lines } = recordingLog();
  const faults = new ClientFaults(log);
  for (let n = 0; n < 1_000; n++) faults.count('malformed');
  faults.count('reset');
  expect(lines).toEqual([]);
  vi.advanceTimersByTime(1_000);
  const told = () => lines.map(({ level, msg, reason, count }) => [level, msg, reason, count]);
  expect(told()).toEqual([
    ['info', 'client faults', 'malformed', 1_000],
    ['info', 'client faults', 'reset', 1],
  ]);

  vi.advanceTimersByTime(60_000);
  expect(lines).toHaveLength(2);
  faults.count('malformed');
  faults.tell();
  expect(told().at(-1)).toEqual(['info', 'client faults', 'malformed', 1]);
  vi.advanceTimersByTime(60_000);
  expect(lines).toHaveLength(3);
  expect(Object.fromEntries(faults.totals)).toEqual({ malformed: 1_001, reset: 1 });
});
