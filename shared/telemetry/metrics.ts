import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { spanOver, withinSpan } from './tracing.ts';

/**
 * What this process counts and measures, for Prometheus: names and units by its conventions, labels with few values. Whatever happens
 * is counted where it happens; what is a state is asked for when somebody reads it.
 */
export const REGISTRY = new Registry();

const registers = [REGISTRY];

/** Seconds: from what an answer of ours takes to what a run may. */
const FAST = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

export const requestsTotal = new Counter({
  name: 'darkroom_http_requests_total',
  help: 'Requests that were answered, by route (none: no such path) and status',
  labelNames: ['method', 'route', 'status'] as const,
  registers,
});

export const requestSeconds = new Histogram({
  name: 'darkroom_http_request_duration_seconds',
  help: 'From the headers of a request to its answer; what waits for the end of a job is in it',
  labelNames: ['route'] as const,
  buckets: FAST,
  registers,
});

export const uploadsTotal = new Counter({
  name: 'darkroom_uploads_total',
  help: 'Uploads by their end: accepted, repeated (by its key), or the code of the refusal',
  labelNames: ['outcome'] as const,
  registers,
});

export const uploadBytes = new Histogram({
  name: 'darkroom_upload_bytes',
  help: 'Bytes of pictures that were received whole',
  buckets: [2 ** 14, 2 ** 16, 2 ** 18, 2 ** 20, 2 ** 21, 2 ** 22, 2 ** 23, 2 ** 24, 2 ** 25, 2 ** 26],
  registers,
});

/** The steps of an upload and of its run, in their order. */
export const SPANS = [
  'receive',
  'inspect',
  'reserve',
  'accept',
  'stage',
  'work',
  'decode',
  'resize',
  'describe',
  'encode',
  'publish',
  'settle',
] as const;
export type Span = (typeof SPANS)[number];

const spanSeconds = new Histogram({
  name: 'darkroom_span_seconds',
  help: 'What each step takes: of an upload receive, inspect, reserve, accept; of a run stage, work (in the worker: decode, resize, describe, encode), publish, settle',
  labelNames: ['span'] as const,
  buckets: FAST,
  registers,
});

/** What the steps of one upload or run took, in whole milliseconds: for the line of the log that tells of it. */
export type Took = Partial<Record<Span, number>>;

/** Measures a step, be it done or failed; it is a span of the trace, too. */
export async function spanned<T>(span: Span, work: () => Promise<T>, took: Took = {}): Promise<T> {
  const begin = performance.now();
  try {
    return await withinSpan({ name: span }, work);
  } finally {
    measured(span, performance.now() - begin, took);
  }
}

/** The same for a step of another process, of which is known when it began, by `performance.now()`, and what it took. */
export function spanWas(span: Span, begin: number, ms: number, took: Took): void {
  spanOver(span, begin, ms);
  measured(span, ms, took);
}

function measured(span: Span, ms: number, took: Took): void {
  spanSeconds.observe({ span }, ms / 1000);
  took[span] = Math.round(ms);
}

export const storeSeconds = new Histogram({
  name: 'darkroom_store_seconds',
  help: 'What a call of the records (database) or files (disk or bucket) takes, be it done or failed',
  labelNames: ['store', 'call'] as const,
  buckets: [0.001, 0.005, 0.02, 0.1, 0.25, 1, 5, 15],
  registers,
});

export const storeFailuresTotal = new Counter({
  name: 'darkroom_store_failures_total',
  help: 'Calls of records or files that failed: storage_full, storage_unavailable, other',
  labelNames: ['store', 'failure'] as const,
  registers,
});

export const runsTotal = new Counter({
  name: 'darkroom_runs_total',
  help: 'Runs by outcome, and why they did not succeed',
  labelNames: ['outcome', 'failure'] as const,
  registers,
});

export const eventsSentTotal = new Counter({
  name: 'darkroom_events_sent_total',
  help: 'Events that were sent to clients: changes of jobs (job), steps of runs (step), and resets, after which a client reads anew',
  labelNames: ['event'] as const,
  registers,
});

export const eventStreamsCutTotal = new Counter({
  name: 'darkroom_event_streams_cut_total',
  help: 'Event streams that were ended since their readers were too slow',
  registers,
});

export const quarantinedTotal = new Counter({
  name: 'darkroom_pictures_quarantined_total',
  help: 'Pictures that are refused from then on, since they crashed the decoder twice',
  registers,
});

export const workerEndsTotal = new Counter({
  name: 'darkroom_worker_ends_total',
  help: 'Worker processes that have ended: died, died_at_start, retired, stopped; by what they died of',
  labelNames: ['how', 'cause'] as const,
  registers,
});

export const webhooksTotal = new Counter({
  name: 'darkroom_webhook_deliveries_total',
  help: 'Tries to tell an endpoint, by how they ended: delivered, failed (it is tried again), given_up (its time is over)',
  labelNames: ['endpoint', 'outcome'] as const,
  registers,
});

/** A figure that is asked for when it is read. Null: it is not known now, and is left out. */
export function gauge(name: string, help: string, read: () => number | null | Promise<number | null>): void {
  const asked = new Gauge({
    name,
    help,
    registers,
    async collect() {
      const value = await read();
      if (value === null) asked.remove();
      else asked.set(value);
    },
  });
}

/** The same for several figures that are told apart by a label. */
export function gauges(
  name: string,
  help: string,
  label: string,
  read: () => Iterable<readonly [string, number]> | Promise<Iterable<readonly [string, number]>>,
): void {
  const asked = new Gauge({
    name,
    help,
    labelNames: [label],
    registers,
    async collect() {
      asked.reset();
      for (const [value, figure] of await read()) asked.set({ [label]: value }, figure);
    },
  });
}

/** What alerts ask for the increase of is there from the beginning: Prometheus does not see a first step out of nothing. */
for (const outcome of [
  'accepted',
  'no_worker',
  'too_many_uploads',
  'disk_full',
  'store_unavailable',
  'internal',
])
  uploadsTotal.inc({ outcome }, 0);
for (const store of ['records', 'files'])
  for (const failure of ['storage_full', 'storage_unavailable', 'other'])
    storeFailuresTotal.inc({ store, failure }, 0);
for (const cause of [
  'SIGSEGV',
  'SIGABRT',
  'SIGBUS',
  'SIGILL',
  'SIGKILL',
  'deadline',
  'heartbeat',
  'protocol',
])
  workerEndsTotal.inc({ how: 'died', cause }, 0);
