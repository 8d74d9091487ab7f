import type { z } from 'zod';
import type { UploadAnswer } from '../contract/answers.ts';
import { pausing } from './pausing.ts';
import { sendByFetch } from './send-by-fetch.ts';
import { sendByXhr } from './send-by-xhr.ts';
import type { Sending, Sent } from './sending.ts';

export type Picture = Blob | Uint8Array<ArrayBuffer>;
export type Accepted = z.output<typeof UploadAnswer>;

export interface UploadOptions {
  preset?: string;
  /** Kept with the image. */
  metadata?: Record<string, unknown>;
  /** What matters in the picture, from 0, 0 (left, top) to 1, 1. */
  focus?: { x: number; y: number };
  /** Comes after all that somebody waits for. */
  lane?: 'interactive' | 'batch';
  /** Answer when the variants are there, or after so many seconds, at most 60. */
  waitSeconds?: number;
  /** Where the picture was offered before, the key that it had then; else a new one. */
  idempotencyKey?: string;
  /** @param sent of `total` bytes; it begins again with each try */
  onProgress?: (sent: number, total: number) => void;
  /**
   * Before a try that follows a 503, a 429 or a broken connection.
   * @param status of the refusal; null: the connection broke off
   */
  onRetry?: (inMs: number, status: number | null) => void;
  /** How long to go on trying, in milliseconds; by default two minutes. */
  patienceMs?: number;
  signal?: AbortSignal;
}

/** The service will not have this picture; `code` is that of the contract. */
export class UploadRefused extends Error {
  override readonly name = 'UploadRefused';
  readonly status: number;
  readonly code: string | null;

  constructor({ status, body }: Sent) {
    const { code = null, detail = body } = problemOf(body);
    super(detail);
    this.status = status;
    this.code = code;
  }
}

const PATIENCE_MS = 120_000;

/** Where nothing says when to come again: twice as long each time, and never so that all come at once. */
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 15_000;

export async function uploadTo(
  address: URL,
  access: Record<string, string>,
  picture: Picture,
  options: UploadOptions,
  ownFetch?: typeof fetch,
): Promise<Accepted> {
  const { onProgress = () => {}, onRetry = () => {}, signal = new AbortController().signal } = options;
  const body = picture instanceof Blob ? picture : new Blob([picture]);
  const sending: Sending = {
    url: withParameters(address, options),
    headers: {
      ...access,
      'content-type': body.type.startsWith('image/') ? body.type : 'image/*',
      'idempotency-key': options.idempotencyKey ?? crypto.randomUUID(),
      ...(options.waitSeconds !== undefined && { prefer: `wait=${options.waitSeconds}` }),
    },
    body,
    signal,
    onProgress,
  };
  const send = ownFetch
    ? sendByFetch(ownFetch)
    : 'XMLHttpRequest' in globalThis
      ? sendByXhr
      : sendByFetch(fetch);
  const deadline = performance.now() + (options.patienceMs ?? PATIENCE_MS);
  for (let tries = 1; ; tries++) {
    const sent = await send(sending).catch((error: unknown) => {
      signal.throwIfAborted();
      return error instanceof Error ? error : new Error(String(error));
    });
    if (!(sent instanceof Error) && sent.status === 200) return JSON.parse(sent.body);
    if (!(sent instanceof Error) && !isForNow(sent)) throw new UploadRefused(sent);
    const pause = pauseOf(sent, tries);
    if (performance.now() + pause > deadline) throw sent instanceof Error ? sent : new UploadRefused(sent);
    onRetry(pause, sent instanceof Error ? null : sent.status);
    await pausing(pause, signal);
  }
}

function withParameters(address: URL, { preset, metadata, focus, lane }: UploadOptions): URL {
  const url = new URL(address);
  if (preset !== undefined) url.searchParams.set('preset', preset);
  if (metadata !== undefined) url.searchParams.set('metadata', JSON.stringify(metadata));
  if (focus !== undefined) url.searchParams.set('focus', `${focus.x},${focus.y}`);
  if (lane !== undefined) url.searchParams.set('lane', lane);
  return url;
}

/** Refused, and may be accepted later: busy, too often, or the request that was cut is still being worked on. */
const isForNow = ({ status, body }: Sent): boolean =>
  status === 503 || status === 429 || (status === 409 && problemOf(body).code === 'key_in_flight');

function pauseOf(sent: Sent | Error, tries: number): number {
  const seconds = sent instanceof Error ? null : sent.retryAfter;
  if (seconds !== null && /^\d{1,6}$/.test(seconds)) return Number(seconds) * 1000;
  return Math.min(FIRST_PAUSE_MS * 2 ** (tries - 1), LONGEST_PAUSE_MS) * (0.5 + Math.random() / 2);
}

function problemOf(body: string): { code?: string; detail?: string } {
  try {
    const problem: unknown = JSON.parse(body);
    return problem !== null && typeof problem === 'object' ? problem : {};
  } catch {
    return {};
  }
}
