import { pino } from 'pino';
import type { Config } from '../config.ts';
import { spanHere } from './tracing.ts';

/** The part of a pino logger that our code uses. */
export type Logger = Pick<pino.Logger, 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'child'>;

/**
 * JSON lines on standard output, one event a line; times as RFC 3339.
 * Written synchronously: the last line before a crash is the one that is needed.
 * @param also where the same lines go; they then name the span that they are of
 */
export function createLogger(level: Config['logLevel'], also?: { write(line: string): void }): Logger {
  const options = {
    level,
    base: { pid: process.pid },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
  };
  const output = pino.destination({ fd: 1, sync: true });
  if (!also) return pino(options, output);
  const both = pino.multistream([output, also].map((stream) => ({ level, stream })));
  return pino({ ...options, mixin: spanIds }, both);
}

function spanIds(): { traceId?: string; spanId?: string } {
  const [, traceId, spanId] = spanHere()?.split('-') ?? [];
  return traceId !== undefined && spanId !== undefined ? { traceId, spanId } : {};
}
