/**
 * One JSON line on standard output, which the supervisor reads, checks, and writes to the service's log with the
 * worker's pid and the ids of the run that `runId` names. A logging library would cost each worker more to load than these lines do.
 */
export function log(
  level: 'info' | 'warn' | 'error',
  msg: string,
  about: Record<string, string | number>,
): void {
  process.stdout.write(`${JSON.stringify({ level, msg, ...about })}\n`);
}
