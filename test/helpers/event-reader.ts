import type { EventSourceMessage } from 'eventsource-parser';
import { createParser } from 'eventsource-parser';
import { eventually } from './eventually.ts';
import type { RunningService } from './service.ts';

/** A client of an event stream, and all that it was told. */
export class EventReader implements AsyncDisposable {
  readonly answer: Response;
  readonly events: EventSourceMessage[] = [];
  readonly retries: number[] = [];
  readonly comments: string[] = [];
  /** Of the last block that has had one: an event or none. */
  lastId: string | null = null;
  /** Resolves when the stream has ended, by the service or by a break. */
  readonly ended: Promise<void>;
  readonly #leaving = new AbortController();

  static async open(
    service: Pick<RunningService, 'fetch'>,
    path: string,
    headers: Record<string, string> = {},
  ): Promise<EventReader> {
    const leaving = new AbortController();
    return new EventReader(await service.fetch(path, { headers, signal: leaving.signal }), leaving);
  }

  private constructor(answer: Response, leaving: AbortController) {
    this.answer = answer;
    this.#leaving = leaving;
    this.ended = this.#read().catch(() => {});
  }

  /** The data of all events `job` so far. */
  get jobs(): { jobId: string; imageId: string; status: string }[] {
    return this.events.filter(({ event }) => event === 'job').map(({ data }) => JSON.parse(data));
  }

  get steps(): string[] {
    return this.events.filter(({ event }) => event === 'step').map(({ data }) => JSON.parse(data).step);
  }

  /** Resolves when an image has come to this. */
  told(imageId: string, status: string): Promise<unknown> {
    return eventually(`${status} of ${imageId}`, () =>
      this.jobs.some((job) => job.imageId === imageId && job.status === status),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#leaving.abort();
    await this.ended;
  }

  async #read(): Promise<void> {
    const parser = createParser({
      onEvent: (event) => this.events.push(event),
      onRetry: (ms) => this.retries.push(ms),
      onComment: (comment) => this.comments.push(comment),
      onId: (id) => {
        this.lastId = id;
      },
    });
    const decoder = new TextDecoder();
    for await (const piece of this.answer.body ?? []) parser.feed(decoder.decode(piece, { stream: true }));
  }
}
