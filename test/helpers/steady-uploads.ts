import { Agent, request } from 'node:http';
import { text } from 'node:stream/consumers';
import { setInterval } from 'node:timers/promises';
import { Accepted } from './upload.ts';

/** Uploads that are due are sent so often. */
const TICK_MS = 10;

/** A kept connection that carries nothing is given up sooner than a node that drains gives it up: else its end may cross a request. */
const IDLE_MS = 1_000;

/** Until variants are there: longer than any upload of a test waits for them. */
const UNTIL_MADE = { prefer: 'wait=30' };

type Sent = Accepted | { failed: true };

/**
 * Clients that keep their connections and try nothing again: a connection that breaks under an upload is a failed upload, as it is
 * to whoever has sent it.
 */
export class SteadyUploads {
  readonly accepted: Accepted[] = [];
  /** Requests that were not answered with 200, and why. */
  readonly failures: string[] = [];
  readonly #url: string;
  readonly #nextPicture: () => Uint8Array;
  readonly #agent = new Agent({ keepAlive: true, timeout: IDLE_MS });

  /** @param nextPicture a JPEG that was not sent before */
  constructor(url: string, nextPicture: () => Uint8Array) {
    this.#url = url;
    this.#nextPicture = nextPicture;
  }

  /**
   * What the service can do: so many clients at once, each of which waits for its variants before it sends the next picture.
   * @returns pictures that are made a second
   */
  async measureCapacity(clients: number, ms: number): Promise<number> {
    const begin = performance.now();
    let made = 0;
    const client = async () => {
      while (performance.now() - begin < ms) {
        const answer = await this.#send(UNTIL_MADE);
        if ('id' in answer && answer.status === 'succeeded') made++;
      }
    };
    await Promise.all(Array.from({ length: clients }, client));
    return (made * 1000) / (performance.now() - begin);
  }

  /** Sends so many a second, whatever becomes of those before them, until the signal; resolves when all are answered. */
  async keepSending(perSecond: number, until: AbortSignal): Promise<void> {
    const sent: Promise<Sent>[] = [];
    await steadily(perSecond, until, () => sent.push(this.#send()));
    await Promise.all(sent);
  }

  /** Asks for what costs next to nothing, so many times a second, on a new connection each: one that is not taken is met by many alone. */
  async keepAsking(perSecond: number, until: AbortSignal): Promise<number> {
    const asked: Promise<unknown>[] = [];
    await steadily(perSecond, until, () => asked.push(this.#ask()));
    await Promise.all(asked);
    return asked.length;
  }

  [Symbol.dispose](): void {
    this.#agent.destroy();
  }

  async #send(headers: Record<string, string> = {}): Promise<Sent> {
    const picture = this.#nextPicture();
    const about = { 'content-type': 'image/jpeg', 'content-length': picture.length, ...headers };
    const answer = await this.#exchange('POST', '/upload', this.#agent, about, picture);
    if (answer === null) return { failed: true };
    const accepted = Accepted.parse(JSON.parse(answer));
    this.accepted.push(accepted);
    return accepted;
  }

  #ask(): Promise<string | null> {
    return this.#exchange('GET', '/livez', false, {});
  }

  /** @returns the body of a 200; anything else is a failure, and written down */
  #exchange(
    method: string,
    path: string,
    agent: Agent | false,
    headers: Record<string, string | number>,
    body?: Uint8Array,
  ): Promise<string | null> {
    return new Promise((resolve) => {
      const fail = (why: string) => {
        this.failures.push(`${method} ${path}: ${why}`);
        resolve(null);
      };
      const asked = request(`${this.#url}${path}`, { method, agent, headers }, async (answer) => {
        try {
          const told = await text(answer);
          if (answer.statusCode === 200) resolve(told);
          else fail(`${answer.statusCode}: ${told}`);
        } catch (error) {
          fail(`the answer broke off: ${error}`);
        }
      });
      asked.on('error', ({ message }) =>
        fail(`${message}${asked.reusedSocket ? ', on a kept connection' : ''}`),
      );
      asked.end(body);
    });
  }
}

/** Begins something so many times a second, whether or not those before have ended. */
async function steadily(perSecond: number, until: AbortSignal, begin: () => void): Promise<void> {
  const since = performance.now();
  let begun = 0;
  for await (const _ of setInterval(TICK_MS)) {
    if (until.aborted) return;
    const due = Math.floor(((performance.now() - since) / 1000) * perSecond);
    for (; begun < due; begun++) begin();
  }
}
