import { describe, expect, test } from 'vitest';
import { childrenOf, cpuMs, cpuMsOf, mibOf, peakMiB } from './processes.ts';

/** Fields 3 to 13 of proc(5), then utime, stime, cutime and cstime, in ticks, and what comes behind. */
const after = 'S 1 2 2 0 -1 4194304 100 0 0 0 120 30 400 5 25 5 11 0 99';

describe('the CPU time in /proc/PID/stat', () => {
  test('is that of the process and of its children that have ended', () => {
    expect(cpuMsOf(`42 (node) ${after}`)).toBe((120 + 30 + 400 + 5) * 10);
  });

  test('is found behind a name that looks like fields', () => {
    expect(cpuMsOf(`42 (a) R 1 (b) ) ${after}`)).toBe(5550);
  });
});

test('the resident set is read in MiB, and a process that has ended has none', () => {
  const status = 'Name:\tnode\nVmPeak:\t  999999 kB\nVmHWM:\t  204800 kB\nVmRSS:\t  102400 kB\n';
  expect(mibOf(status, 'VmHWM')).toBe(200);
  expect(mibOf(status, 'VmRSS')).toBe(100);
  expect(mibOf('', 'VmRSS')).toBe(0);
});

test.runIf(process.platform === 'linux')(
  'this process has memory and CPU; one that is not there has nothing',
  async () => {
    expect(await peakMiB([process.pid])).toBeGreaterThan(10);
    expect(await cpuMs([process.pid])).toBeGreaterThan(0);
    // Beyond the highest pid that Linux gives.
    const nobody = 2 ** 22 + 1;
    expect(await peakMiB([nobody])).toBe(0);
    expect(await cpuMs([nobody])).toBe(0);
    expect(await childrenOf(nobody)).toEqual([]);
  },
);
