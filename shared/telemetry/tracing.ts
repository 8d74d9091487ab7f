import type { TraceParent } from '../domain/ids.ts';

type Attributes = Record<string, string | number | boolean>;

export interface SpanStart {
  name: string;
  /** Who has asked for it: a client over HTTP, or whoever had the job accepted. */
  kind?: 'server' | 'consumer';
  /** Where it begins a part of another process, or of another time. */
  parent?: TraceParent | null;
  attributes?: Attributes;
}

/** What is known of a span at its end only. */
export type TellSpan = (told: { name?: string; attributes?: Attributes; failed?: boolean }) => void;

/** Spans of traces. By default there are none, and nothing of OpenTelemetry is loaded. */
export interface Tracing {
  /** Does work within a span: whatever it begins is a part of that. */
  within<T>(span: SpanStart, work: (tell: TellSpan) => Promise<T>): Promise<T>;
  /** A span that is over, within the one around this call; begin by `performance.now()`, both in milliseconds. */
  over(name: string, begin: number, ms: number): void;
  /** The span around this call. */
  here(): TraceParent | null;
}

const NO_TRACING: Tracing = {
  within: (_, work) => work(() => {}),
  over: () => {},
  here: () => null,
};

let tracing = NO_TRACING;

/** From now on spans are kept. */
export function startTracing(started: Tracing): void {
  tracing = started;
}

export const withinSpan: Tracing['within'] = (span, work) => tracing.within(span, work);
export const spanOver: Tracing['over'] = (name, begin, ms) => tracing.over(name, begin, ms);
export const spanHere: Tracing['here'] = () => tracing.here();
