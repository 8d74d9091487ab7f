import { pausing } from './pausing.ts';
import { type Accepted, sendResumably, tusUpload, type UploadStorage } from './resumable.ts';
import { sendByFetch } from './send-by-fetch.ts';
import { sendByXhr } from './send-by-xhr.ts';
import type { Sending, Sent } from './sending.ts';
import { isForNow, UploadRefused } from './upload-refused.ts';

export { type Accepted, UploadRefused };

export type Picture = Blob | Uint8Array<ArrayBuffer>;

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
  /**
   * Larger pictures go on where they broke off, by tus, if tus-js-client is installed; bytes, by default 5 MiB. Those with a `lane`, an
   * `idempotencyKey` or a `fetch` of one's own begin anew.
   */
  resumeAbove?: number;
  /** Where to keep the address of such an upload, so that it goes on after a reload, too: `localStorage`, say. */
  storage?: UploadStorage;
}

const PATIENCE_MS = 120_000;

const RESUME_ABOVE_BYTES = 5 * 1024 * 1024;

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
  const Tus = ownFetch || !isToResume(body, options) ? null : await tusUpload();
  if (Tus) {
    return sendResumably(Tus, {
      ...{ body, signal, onProgress, onRetry, deadline, headers: access },
      url: new URL(`/files${address.search}`, address),
      metadata: fieldsOf(options),
      waitSeconds: options.waitSeconds ?? 0,
      storage: options.storage ?? null,
    });
  }
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

const isToResume = (body: Blob, { resumeAbove = RESUME_ABOVE_BYTES, lane, idempotencyKey }: UploadOptions) =>
  body.size > resumeAbove && lane === undefined && idempotencyKey === undefined;

const fieldsOf = ({ preset, metadata, focus }: UploadOptions): Record<string, string> => ({
  ...(preset !== undefined && { preset }),
  ...(metadata !== undefined && { metadata: JSON.stringify(metadata) }),
  ...(focus !== undefined && { focus: `${focus.x},${focus.y}` }),
});

function withParameters(address: URL, options: UploadOptions): URL {
  const url = new URL(address);
  for (const [name, text] of Object.entries(fieldsOf(options))) url.searchParams.set(name, text);
  if (options.lane !== undefined) url.searchParams.set('lane', options.lane);
  return url;
}

function pauseOf(sent: Sent | Error, tries: number): number {
  const seconds = sent instanceof Error ? null : sent.retryAfter;
  if (seconds !== null && /^\d{1,6}$/.test(seconds)) return Number(seconds) * 1000;
  return Math.min(FIRST_PAUSE_MS * 2 ** (tries - 1), LONGEST_PAUSE_MS) * (0.5 + Math.random() / 2);
}
