import { UploadRefused, uploadTo } from '../client/upload.ts';
import { type AsksForKey, authorization, presetOf, whyKey } from './access.ts';
import type { Accepted, Photo } from './photo.ts';
import { bytesText, limitText } from './words.ts';

/** Browsers have six connections to a service of HTTP/1.1: one is left for events, and one for answers. */
const AT_ONCE = 4;

/** Part of a bar that stands for the upload; the rest is for the job. */
export const SHARE_OF_UPLOAD = 0.5;

/** After that it is for a person to say. */
const PATIENCE_MS = 10 * 60_000;

/** Refusals that another try may change: the connection, the key or the disk may be another then. */
const MAY_CHANGE = new Set([401, 403, 408, 409, 429, 500, 502, 503, 504, 507]);

export interface QueueOptions {
  maxBytes: number;
  accepted: (photo: Photo, accepted: Accepted) => void;
  asksForKey: AsksForKey;
}

/** Photos on their way to the service, a few at a time and in their order. */
export class UploadQueue {
  readonly #waiting: Photo[] = [];
  readonly #options: QueueOptions;
  #sending = 0;

  constructor(options: QueueOptions) {
    this.#options = options;
  }

  add(photo: Photo): void {
    if (photo.bytes > this.#options.maxBytes) {
      const limit = limitText(this.#options.maxBytes);
      photo.set({
        phase: 'refused',
        why: `It has ${bytesText(photo.bytes)}, and at most ${limit} are taken.`,
      });
      return;
    }
    photo.set({ phase: 'waiting', share: 0, why: '', mayRetry: false });
    this.#waiting.push(photo);
    this.#next();
  }

  /** Takes it out, sent or not. */
  remove(photo: Photo): void {
    const at = this.#waiting.indexOf(photo);
    if (at >= 0) this.#waiting.splice(at, 1);
    photo.sending?.abort();
  }

  #next(): void {
    while (this.#sending < AT_ONCE) {
      const photo = this.#waiting.shift();
      if (!photo) return;
      this.#sending++;
      void this.#send(photo).finally(() => {
        this.#sending--;
        this.#next();
      });
    }
  }

  async #send(photo: Photo): Promise<void> {
    const { file, idempotencyKey } = photo;
    if (!file) return;
    const sending = new AbortController();
    photo.sending = sending;
    photo.set({ phase: 'uploading' });
    try {
      const preset = presetOf();
      const { id, links } = await uploadTo(new URL('/upload', location.href), authorization(), file, {
        idempotencyKey,
        patienceMs: PATIENCE_MS,
        signal: sending.signal,
        ...(preset !== '' && { preset }),
        onProgress: (sent, total) =>
          photo.set({ phase: 'uploading', share: (SHARE_OF_UPLOAD * sent) / Math.max(total, 1) }),
        onRetry: (inMs, status) =>
          photo.set({ phase: 'holding', share: 0, againAt: performance.now() + inMs, why: holdText(status) }),
      });
      this.#options.accepted(photo, { id, jobId: links.job.slice('/jobs/'.length) });
    } catch (error) {
      if (!sending.signal.aborted) this.#refused(photo, error);
    } finally {
      photo.sending = null;
    }
  }

  #refused(photo: Photo, error: unknown): void {
    const status = error instanceof UploadRefused ? error.status : null;
    const detail =
      error instanceof UploadRefused ? error.message : 'The service is out of reach. Are you online?';
    const why = status === null ? detail : whyKey(status, detail);
    if (status === 401) this.#options.asksForKey(why);
    photo.set({ phase: 'refused', share: 0, why, mayRetry: status === null || MAY_CHANGE.has(status) });
  }
}

function holdText(status: number | null): string {
  if (status === null) return 'The connection broke off';
  return status === 429 ? 'Too many requests at once' : 'All workers are busy';
}
