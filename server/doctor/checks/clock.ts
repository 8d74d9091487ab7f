import { stat } from 'node:fs/promises';
import { type Finding, fail, ok, warn } from '../finding.ts';

/** A clock that is kept by NTP is nearer than this, in milliseconds. */
const NEAR_MS = 5_000;

/** S3 refuses what was signed by a clock that is further off (RequestTimeTooSkewed), in milliseconds. */
const FAR_MS = 15 * 60_000;

const MEND = 'Have the clock of this machine kept by NTP: `timedatectl set-ntp true`, or chrony.';

/** The clock of this machine is not before the time at which this program was put there. */
export async function clockFindings(
  now = Date.now(),
  program = new URL(import.meta.url),
): Promise<Finding[]> {
  const { mtimeMs } = await stat(program);
  const told = new Date(now).toISOString();
  return now + NEAR_MS < mtimeMs
    ? [fail('clock', `it is ${told} here, before this program was installed`, MEND)]
    : [ok('clock', told)];
}

/**
 * How far our clock is from another one.
 * @param whose such as `the database`
 * @param aheadMs of the other clock; negative where it is behind
 */
export function skewFinding(check: string, whose: string, aheadMs: number): Finding {
  const seconds = Math.round(Math.abs(aheadMs) / 1000);
  if (Math.abs(aheadMs) < NEAR_MS) return ok(check, `as ${whose} has it, to ${seconds} s`);
  const told = `this clock is ${seconds} s ${aheadMs > 0 ? 'behind' : 'ahead of'} that of ${whose}`;
  return Math.abs(aheadMs) < FAR_MS ? warn(check, told, MEND) : fail(check, told, MEND);
}
