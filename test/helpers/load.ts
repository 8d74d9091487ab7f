import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { goodPicture } from '../fixtures/fault-pictures.ts';
import type { RunningService } from './service.ts';
import { Accepted, postImage } from './upload.ts';

/** Of a client that was refused. */
const PAUSE_MS = 50;

/** Good pictures that come to api nodes without an end, half of them with a key of their own, and what was answered. */
export class Load implements AsyncDisposable {
  readonly accepted: Accepted[] = [];
  /** How often each status came; that of a connection that broke is its error's name. */
  readonly answers = new Map<string, number>();
  /** The longest that an answer took, in milliseconds. */
  longestMs = 0;
  readonly #over = new AbortController();
  readonly #clients: Promise<unknown>;

  /** @param clients for each node, of whom each sends one picture after the other */
  constructor(apis: readonly RunningService[], clients: number) {
    const all = apis.flatMap((api) =>
      Array.from({ length: clients }, (_, number) => this.#send(api, number % 2 === 0)),
    );
    this.#clients = Promise.all(all);
  }

  /** So many more are accepted before it resolves. */
  async acceptedMore(many: number): Promise<void> {
    const enough = this.accepted.length + many;
    while (this.accepted.length < enough) await sleep(PAUSE_MS);
  }

  /** Resolves when all are answered that were sent. */
  async end(): Promise<void> {
    this.#over.abort();
    await this.#clients;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.end();
  }

  async #send(api: RunningService, hasKeys: boolean): Promise<void> {
    while (!this.#over.signal.aborted) {
      const begun = performance.now();
      const answer = await this.#answerOf(api, hasKeys ? { 'idempotency-key': randomUUID() } : {});
      this.longestMs = Math.max(this.longestMs, performance.now() - begun);
      this.answers.set(answer, (this.answers.get(answer) ?? 0) + 1);
      if (answer !== '200') await sleep(PAUSE_MS);
    }
  }

  async #answerOf(api: RunningService, headers: Record<string, string>): Promise<string> {
    try {
      const answer = await postImage(api, goodPicture(), {}, headers);
      const body: unknown = await answer.json();
      if (answer.status === 200) this.accepted.push(Accepted.parse(body));
      return String(answer.status);
    } catch (error) {
      return String(error);
    }
  }
}
