import { pino } from 'pino';
import type { Config } from '../config.ts';

/** The part of a pino logger that our code uses. */
export type Logger = Pick<pino.Logger, 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'child'>;

/**
 * JSON lines on standard output, one event a line; times as RFC 3339.
 * Written synchronously: the last line before a crash is the one that is needed.
 */
export function createLogger(level: Config['logLevel']): Logger {
  return pino(
    {
      level,
      base: { pid: process.pid },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    pino.destination({ fd: 1, sync: true }),
  );
}
