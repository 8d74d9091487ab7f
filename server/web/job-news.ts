import { authorization } from './access.ts';
import type { JobAnswer } from './answers.ts';
import { ask, Refusal } from './ask.ts';
import { eventsOf } from './event-text.ts';

/** What a job has come to, or what its worker does now. */
export type News = Pick<JobAnswer, 'status' | 'failure'> | { step: string };

/** Looked after by asking, where nothing is told of it for so long: a proxy may hold a stream back. */
const SILENCE_MS = 5_000;
/** Without a stream. */
const LOOK_EVERY_MS = 1_000;
const NEXT_STREAM_MS = 2_000;
/** It is refused for now: too many are open. */
const NEXT_STREAM_IF_REFUSED_MS = 15_000;

interface Followed {
  tell: (news: News) => void;
  heardAt: number;
}

/**
 * News of jobs, as they come: by one stream for all of them, as a browser has six connections. Where there is no stream, and
 * where it is silent, they are asked for.
 */
export class JobNews {
  readonly #followed = new Map<string, Followed>();
  #stream: AbortController | null = null;
  #isKept = false;
  #isOpen = false;
  #lastId: string | null = null;
  #looking: number | null = null;

  /** @param tell until the job has ended, and of its end */
  follow(jobId: string, tell: (news: News) => void): void {
    this.#followed.set(jobId, { tell, heardAt: performance.now() });
    void this.#keepStream();
    // It may have gone on before anybody listened.
    void this.#look(jobId);
    this.#looking ??= window.setInterval(() => this.#lookAtSilent(), LOOK_EVERY_MS);
  }

  forget(jobId: string): void {
    this.#followed.delete(jobId);
    if (this.#followed.size > 0) return;
    this.#stream?.abort();
    if (this.#looking !== null) clearInterval(this.#looking);
    this.#looking = null;
  }

  async #keepStream(): Promise<void> {
    if (this.#isKept) return;
    this.#isKept = true;
    while (this.#followed.size > 0) {
      this.#stream = new AbortController();
      const pause = await this.#read(this.#stream.signal).catch(() => NEXT_STREAM_MS);
      this.#isOpen = false;
      if (this.#followed.size > 0) await new Promise((resolve) => setTimeout(resolve, pause));
    }
    this.#isKept = false;
  }

  /** @returns after how many milliseconds to open the next one */
  async #read(signal: AbortSignal): Promise<number> {
    const headers = {
      accept: 'text/event-stream',
      ...authorization(),
      ...(this.#lastId !== null && { 'last-event-id': this.#lastId }),
    };
    const answer = await fetch('/events', { headers, signal });
    if (!answer.ok || !answer.body) return NEXT_STREAM_IF_REFUSED_MS;
    this.#isOpen = true;
    for (const jobId of this.#followed.keys()) void this.#look(jobId);
    const keepId = (id: string) => {
      this.#lastId = id;
    };
    for await (const { event, data } of eventsOf(textsOf(answer.body), keepId)) {
      if (event === 'reset') for (const jobId of this.#followed.keys()) void this.#look(jobId);
      else this.#told(JSON.parse(data));
    }
    return NEXT_STREAM_MS;
  }

  #told({ jobId, ...news }: { jobId: string } & News): void {
    const followed = this.#followed.get(jobId);
    if (!followed) return;
    followed.heardAt = performance.now();
    if ('status' in news && news.status !== 'queued' && news.status !== 'running') this.forget(jobId);
    followed.tell(news);
  }

  async #look(jobId: string): Promise<void> {
    try {
      const { status, failure } = await ask<JobAnswer>(`/jobs/${jobId}`);
      this.#told({ jobId, status, failure });
    } catch (error) {
      const isGone = error instanceof Refusal && (error.status === 404 || error.status === 410);
      if (isGone) this.#told({ jobId, status: 'cancelled', failure: null });
    }
  }

  #lookAtSilent(): void {
    if (document.hidden) return;
    const now = performance.now();
    const silence = this.#isOpen ? SILENCE_MS : LOOK_EVERY_MS / 2;
    for (const [jobId, followed] of this.#followed) {
      if (now - followed.heardAt < silence) continue;
      followed.heardAt = now;
      void this.#look(jobId);
    }
  }
}

async function* textsOf(body: ReadableStream<Uint8Array<ArrayBuffer>>): AsyncGenerator<string, void, void> {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  for (let next = await reader.read(); !next.done; next = await reader.read()) yield next.value;
}
