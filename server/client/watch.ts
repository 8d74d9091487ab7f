import { EventSourceParserStream } from 'eventsource-parser/stream';
import type { JobEvent, StepEvent } from '../contract/event-answers.ts';
import { pausing } from './pausing.ts';

/** What a job comes to, or what its worker does now. */
export type Watched = ({ type: 'job' } & JobEvent) | ({ type: 'step' } & StepEvent);

export interface WatchOptions {
  signal?: AbortSignal;
  /** Before each time that it comes again, as its stream has ended or was refused for now. */
  onRetry?: (inMs: number) => void;
}

/** There is no such job for this key, or it may not ask; `status` is that of the answer. */
export class WatchRefused extends Error {
  override readonly name = 'WatchRefused';
  readonly status: number;

  constructor(status: number, detail: string) {
    super(detail);
    this.status = status;
  }
}

/** Until the service says another one. */
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 30_000;

/** Two heartbeats of the service and more: a stream that is silent for so long is dead, whatever the connection says. */
const SILENCE_MS = 45_000;

/** Refused, and may be answered later. */
const FOR_NOW = new Set([429, 500, 502, 503, 504]);

/** What has been seen of a job, over all streams of it. */
interface Place {
  lastId: string | null;
  hasEnded: boolean;
  pauseMs: number;
}

/** Events of a job until it has ended. Where a stream breaks off, the next one goes on from the last event. */
export async function* watchJob(
  url: URL,
  access: Record<string, string>,
  { signal = new AbortController().signal, onRetry = () => {} }: WatchOptions,
  send: typeof fetch,
): AsyncGenerator<Watched, void, void> {
  const place: Place = { lastId: null, hasEnded: false, pauseMs: FIRST_PAUSE_MS };
  for (let failures = 0; !place.hasEnded; ) {
    signal.throwIfAborted();
    const before = place.lastId;
    const wait = yield* streamOf(url, access, signal, send, place);
    if (place.hasEnded) return;
    failures = place.lastId === before ? failures + 1 : 0;
    const pause = wait ?? Math.min(place.pauseMs * 2 ** Math.max(0, failures - 1), LONGEST_PAUSE_MS);
    onRetry(pause);
    await pausing(pause, signal);
  }
}

/** One stream. @returns after how many milliseconds to come again; null: the service has not said */
async function* streamOf(
  url: URL,
  access: Record<string, string>,
  signal: AbortSignal,
  send: typeof fetch,
  place: Place,
): AsyncGenerator<Watched, number | null, void> {
  const silence = new AbortController();
  let timer = setTimeout(() => silence.abort(), SILENCE_MS);
  const hears = () => {
    clearTimeout(timer);
    timer = setTimeout(() => silence.abort(), SILENCE_MS);
  };
  const headers = {
    accept: 'text/event-stream',
    ...access,
    ...(place.lastId !== null && { 'last-event-id': place.lastId }),
  };
  try {
    const answer = await send(url, { headers, signal: AbortSignal.any([signal, silence.signal]) });
    if (answer.status === 204) place.hasEnded = true;
    if (answer.status !== 200 || !answer.body) return await pauseOf(answer);
    for await (const event of eventsOf(answer.body, hears, place)) yield event;
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof WatchRefused) throw error;
  } finally {
    clearTimeout(timer);
  }
  return null;
}

async function* eventsOf(
  body: ReadableStream<Uint8Array<ArrayBuffer>>,
  hears: () => void,
  place: Place,
): AsyncGenerator<Watched, void, void> {
  const heard = new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
    transform: (chunk, controller) => {
      hears();
      controller.enqueue(chunk);
    },
  });
  const onRetry = (ms: number) => {
    place.pauseMs = Math.min(ms, LONGEST_PAUSE_MS);
  };
  const reader = body
    .pipeThrough(heard)
    .pipeThrough(new TextDecoderStream())
    .pipeThrough(new EventSourceParserStream({ onRetry }))
    .getReader();
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      const { event, id, data } = next.value;
      if (event === 'step') yield { type: 'step', ...(JSON.parse(data) as StepEvent) };
      if (event !== 'job') continue;
      const job = JSON.parse(data) as JobEvent;
      place.lastId = id ?? place.lastId;
      place.hasEnded = job.status !== 'queued' && job.status !== 'running';
      yield { type: 'job', ...job };
      if (place.hasEnded) return;
    }
  } finally {
    await reader.cancel().catch(() => {});
  }
}

/** @throws {WatchRefused} */
async function pauseOf(answer: Response): Promise<number | null> {
  const text = await answer.text();
  if (answer.status !== 204 && !FOR_NOW.has(answer.status)) throw new WatchRefused(answer.status, text);
  const seconds = answer.headers.get('retry-after');
  return seconds !== null && /^\d{1,6}$/.test(seconds) ? Number(seconds) * 1000 : null;
}
