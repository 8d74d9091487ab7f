import { type Context, context, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import type { Resource } from '@opentelemetry/resources';
import {
  BatchSpanProcessor,
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import { TraceParent } from '../domain/ids.ts';
import type { Tracing } from './tracing.ts';

const KINDS = { server: SpanKind.SERVER, consumer: SpanKind.CONSUMER };

/** Sends spans in batches; what cannot be sent is dropped, and never waited for. */
export class OtlpTraces implements Tracing {
  readonly #provider: TracerProvider;
  readonly #tracer;

  /**
   * @param url of the collector's traces
   * @param ratio of traces that are kept, from 0 to 1, where the caller has not decided
   */
  constructor(url: string, resource: Resource, ratio: number) {
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
    const byId = new TraceIdRatioBasedSampler(ratio);
    this.#provider = new TracerProvider({
      resource,
      // By its id on every node; a stranger's word that a trace is to be kept costs him nothing, and us much.
      sampler: new ParentBasedSampler({
        root: byId,
        remoteParentSampled: byId,
        remoteParentNotSampled: byId,
      }),
      spanProcessors: [new BatchSpanProcessor({ exporter: new OTLPTraceExporter({ url }) })],
    });
    this.#tracer = this.#provider.getTracer('darkroom');
  }

  within: Tracing['within'] = ({ name, kind, parent, attributes }, work) => {
    const around = parent === undefined ? context.active() : within(parent);
    const options = { kind: kind ? KINDS[kind] : SpanKind.INTERNAL, ...(attributes && { attributes }) };
    const span = this.#tracer.startSpan(name, options, around);
    const failed = () => span.setStatus({ code: SpanStatusCode.ERROR });
    return context.with(trace.setSpan(around, span), async () => {
      try {
        return await work((told) => {
          if (told.name !== undefined) span.updateName(told.name);
          if (told.attributes) span.setAttributes(told.attributes);
          if (told.failed) failed();
        });
      } catch (error) {
        failed();
        throw error;
      } finally {
        span.end();
      }
    });
  };

  over: Tracing['over'] = (name, begin, ms) => {
    const startTime = performance.timeOrigin + begin;
    this.#tracer.startSpan(name, { startTime }).end(startTime + ms);
  };

  here: Tracing['here'] = () => {
    const span = trace.getSpanContext(context.active());
    if (!span) return null;
    const flags = span.traceFlags.toString(16).padStart(2, '0');
    return TraceParent.parse(`00-${span.traceId}-${span.spanId}-${flags}`);
  };

  /** Sends what is there still. */
  shutdown(): Promise<void> {
    return this.#provider.shutdown();
  }
}

function within(parent: TraceParent | null): Context {
  if (parent === null) return ROOT_CONTEXT;
  const [, traceId = '', spanId = '', flags = '00'] = parent.split('-');
  return trace.setSpanContext(ROOT_CONTEXT, {
    traceId,
    spanId,
    traceFlags: Number.parseInt(flags, 16) & 1,
    isRemote: true,
  });
}
