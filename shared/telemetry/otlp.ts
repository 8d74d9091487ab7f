import { hostname } from 'node:os';
import {
  defaultResource,
  detectResources,
  envDetector,
  resourceFromAttributes,
} from '@opentelemetry/resources';
import { OtlpLogs } from './otlp-logs.ts';
import { OtlpTraces } from './otlp-traces.ts';

/** Logs and traces of this process to a collector: OTLP over HTTP, as its specification names the paths. */
export class Otlp {
  readonly logs: OtlpLogs;
  readonly traces: OtlpTraces;

  /**
   * @param endpoint of the collector, such as http://collector:4318
   * @param traceRatio of traces that are kept, from 0 to 1
   */
  constructor(endpoint: string, traceRatio: number) {
    const at = endpoint.replace(/\/+$/, '');
    const resource = defaultResource()
      .merge(
        resourceFromAttributes({
          'service.name': 'darkroom',
          'service.instance.id': `${hostname()}-${process.pid}`,
        }),
      )
      // OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES.
      .merge(detectResources({ detectors: [envDetector] }));
    this.logs = new OtlpLogs(`${at}/v1/logs`, resource);
    this.traces = new OtlpTraces(`${at}/v1/traces`, resource, traceRatio);
  }

  /** Sends what is there still. */
  async shutdown(): Promise<void> {
    await Promise.allSettled([this.logs.shutdown(), this.traces.shutdown()]);
  }
}
