import { ROOT_CONTEXT, SeverityNumber, TraceFlags, trace } from '@opentelemetry/api';
import { OTLPLogExporter } from '@opentelemetry/exporter-logs-otlp-http';
import type { Resource } from '@opentelemetry/resources';
import { BatchLogRecordProcessor, LoggerProvider } from '@opentelemetry/sdk-logs';
import { z } from 'zod';

const SEVERITIES = {
  trace: SeverityNumber.TRACE,
  debug: SeverityNumber.DEBUG,
  info: SeverityNumber.INFO,
  warn: SeverityNumber.WARN,
  error: SeverityNumber.ERROR,
  fatal: SeverityNumber.FATAL,
};

const Line = z.looseObject({
  level: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal']),
  time: z.iso.datetime(),
  msg: z.string(),
  traceId: z.string().optional(),
  spanId: z.string().optional(),
});

/** Sends log lines in batches, beside what is written to standard output; what cannot be sent is dropped, and never waited for. */
export class OtlpLogs {
  readonly #provider: LoggerProvider;
  readonly #logger;

  /** @param url of the collector's logs */
  constructor(url: string, resource: Resource) {
    const exporter = new OTLPLogExporter({ url });
    this.#provider = new LoggerProvider({
      resource,
      processors: [new BatchLogRecordProcessor({ exporter })],
    });
    this.#logger = this.#provider.getLogger('darkroom');
  }

  /** @param text one line of the log */
  write(text: string): void {
    const { level, time, msg, traceId, spanId, ...attributes } = Line.parse(JSON.parse(text));
    const isTraced = traceId !== undefined && spanId !== undefined;
    this.#logger.emit({
      timestamp: Date.parse(time),
      severityNumber: SEVERITIES[level],
      severityText: level,
      body: msg,
      attributes: attributes as Record<string, string>,
      ...(isTraced && {
        context: trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags: TraceFlags.SAMPLED }),
      }),
    });
  }

  /** Sends what is there still. */
  shutdown(): Promise<void> {
    return this.#provider.shutdown();
  }
}
