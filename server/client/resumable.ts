import type { DetailedError, UploadOptions as TusOptions, Upload } from 'tus-js-client';
import type { z } from 'zod';
import type { StandingAnswer, UploadAnswer } from '../contract/answers.ts';
import type { Sending, Sent } from './sending.ts';
import { isForNow, UploadRefused } from './upload-refused.ts';

export type Accepted = z.output<typeof UploadAnswer>;

/** Where the address of an upload is kept, so that it goes on after a reload of the page: `localStorage`, say. */
export interface UploadStorage {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
}

export interface ResumableSending
  extends Pick<Sending, 'url' | 'headers' | 'body' | 'signal' | 'onProgress'> {
  /** The text fields of it. */
  metadata: Record<string, string>;
  waitSeconds: number;
  storage: UploadStorage | null;
  onRetry: (inMs: number, status: number | null) => void;
  /** By `performance.now()`. */
  deadline: number;
}

/** After each break, and from the first one on again when it has come forward; milliseconds. */
const PAUSES_MS = [500, 1_000, 2_000, 4_000, 8_000, ...Array<number>(1_000).fill(15_000)];

/**
 * The class of tus-js-client, which whoever wants uploads to go on where they broke off installs beside this client.
 * @returns null where it is not installed
 */
export async function tusUpload(): Promise<typeof Upload | null> {
  try {
    return (await import('tus-js-client')).Upload;
  } catch {
    return null;
  }
}

/** Sends a picture to `/files`, from where it is; @throws {UploadRefused} when it never will be accepted */
export async function sendResumably(Tus: typeof Upload, sending: ResumableSending): Promise<Accepted> {
  const { url, headers, body, storage } = sending;
  const key = storage && (await keyOf(sending));
  const known = key && storage?.getItem(key);
  const file = 'XMLHttpRequest' in globalThis ? body : Buffer.from(await body.arrayBuffer());
  const options = { endpoint: url.href, headers, ...(known && { uploadUrl: known }) };
  try {
    const address = await sent(Tus, file as Blob, options, sending, (upload) => {
      if (key && upload.url) storage?.setItem(key, upload.url);
    });
    const accepted = await acceptedAt(new URL(address), sending);
    if (key) storage?.removeItem(key);
    return accepted;
  } catch (error) {
    if (key && error instanceof UploadRefused) storage?.removeItem(key);
    throw error;
  }
}

/** @returns the address of the upload, when all of it is there */
function sent(
  Tus: typeof Upload,
  file: Blob,
  options: TusOptions,
  { metadata, signal, onProgress, onRetry, deadline }: ResumableSending,
  opened: (upload: Upload) => void,
): Promise<string> {
  return new Promise<string>((resolve, reject) => {
    const stop = () => {
      void upload.abort();
      reject(signal.reason);
    };
    const upload: Upload = new Tus(file, {
      ...options,
      metadata,
      retryDelays: PAUSES_MS,
      storeFingerprintForResuming: false,
      onUploadUrlAvailable: () => opened(upload),
      onProgress: (bytes, total) => onProgress(bytes, total),
      onShouldRetry: (error, tries) => {
        const pause = PAUSES_MS[tries] ?? 0;
        const answer = answerOf(error);
        const goesOn = (!answer || mayGoOn(answer)) && performance.now() + pause < deadline;
        if (goesOn) onRetry(pause, answer?.status ?? null);
        return goesOn;
      },
      onSuccess: () => resolve(upload.url ?? ''),
      onError: (error) => reject(refusalIn(error)),
    });
    signal.throwIfAborted();
    signal.addEventListener('abort', stop, { once: true });
    upload.start();
  });
}

/** What it has become, as `POST /upload` answers it. */
async function acceptedAt(
  address: URL,
  { headers, waitSeconds, signal, deadline }: ResumableSending,
): Promise<Accepted> {
  const asking = {
    headers: { ...headers, ...(waitSeconds > 0 && { prefer: `wait=${waitSeconds}` }) },
    signal,
  };
  for (;;) {
    try {
      const answer = await fetch(address, asking);
      const body = await answer.text();
      if (!answer.ok) throw new UploadRefused({ status: answer.status, retryAfter: null, body });
      const { accepted }: z.output<typeof StandingAnswer> = JSON.parse(body);
      if (accepted) return accepted;
      // Another node has it in hand.
    } catch (error) {
      signal.throwIfAborted();
      const isOver = performance.now() > deadline || (error instanceof UploadRefused && error.status < 500);
      if (isOver) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, PAUSES_MS[0]));
  }
}

/** Null: there was none, as the connection broke off. */
function answerOf(error: Error | DetailedError): Sent | null {
  const answer = 'originalResponse' in error ? error.originalResponse : null;
  return answer && { status: answer.getStatus(), retryAfter: null, body: answer.getBody() };
}

const mayGoOn = (answer: Sent): boolean =>
  isForNow(answer) || answer.status === 408 || answer.body.includes('"wrong_offset"');

function refusalIn(error: Error | DetailedError): Error {
  const answer = answerOf(error);
  return answer ? new UploadRefused(answer) : error;
}

/** The same for the same bytes at the same place; null where the page may not hash them. */
async function keyOf({ url, body, metadata }: ResumableSending): Promise<string | null> {
  const { subtle } = globalThis.crypto;
  if (!subtle) return null;
  const digest = new Uint8Array(await subtle.digest('SHA-256', await body.arrayBuffer()));
  const hash = [...digest].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  return `darkroom ${url.origin}${url.pathname} ${hash} ${JSON.stringify(metadata)}`;
}
