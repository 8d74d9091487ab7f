import { setTimeout as sleep } from 'node:timers/promises';
import type { Config } from '../config.ts';
import { createLogger, type Logger } from './logger.ts';
import { startTracing } from './tracing.ts';

/** The last lines are worth waiting for, and a collector that is gone is not: in milliseconds. */
const LAST_WORDS_MS = 1_000;

/** Where the process tells what it does. */
export interface Telemetry {
  log: Logger;
  /** Sends what has not been sent, within a second. */
  close(): Promise<void>;
}

/** The log on standard output; where there is a collector, logs and traces go to it, too, and only then what that needs is loaded. */
export async function openTelemetry({
  logLevel,
  otlpEndpoint,
  traceRatio,
}: Pick<Config, 'logLevel' | 'otlpEndpoint' | 'traceRatio'>): Promise<Telemetry> {
  if (otlpEndpoint === null) return { log: createLogger(logLevel), close: async () => {} };
  const { Otlp } = await import('./otlp.ts');
  const otlp = new Otlp(otlpEndpoint, traceRatio);
  startTracing(otlp.traces);
  return {
    log: createLogger(logLevel, otlp.logs),
    close: () => Promise.race([otlp.shutdown(), sleep(LAST_WORDS_MS)]),
  };
}
