import { Agent, request } from 'node:http';
import { setInterval } from 'node:timers/promises';
import { Accepted } from './upload.ts';

/** Uploads that are due are sent so often. */
const TICK_MS = 10;

/** Until variants are there: longer than any upload of a test waits for them. */
const UNTIL_MADE = { prefer: 'wait=30' };

/** What became of one upload: what was answered, or why there was no answer. */
type Sent = Accepted | { failed: string };

/**
 * Clients that keep their connections and try nothing again: a connection that breaks under an upload is a failed upload, as it is
 * to whoever has sent it.
 */
export class SteadyUploads {
  readonly accepted: Accepted[] = [];
  /** What was not answered with 200, and why. */
  readonly failures: string[] = [];
  readonly #url: string;
  readonly #nextPicture: () => Uint8Array;
  readonly #agent = new Agent({ keepAlive: true });

  /** @param nextPicture a JPEG that was not sent before */
  constructor(url: string, nextPicture: () => Uint8Array) {
    this.#url = url;
    this.#nextPicture = nextPicture;
  }

  get sent(): number {
    return this.accepted.length + this.failures.length;
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
    const begin = performance.now();
    const sent: Promise<Sent>[] = [];
    for await (const _ of setInterval(TICK_MS)) {
      const due = Math.floor(((performance.now() - begin) / 1000) * perSecond);
      while (sent.length < due) sent.push(this.#send());
      if (until.aborted) break;
    }
    await Promise.all(sent);
  }

  [Symbol.dispose](): void {
    this.#agent.destroy();
  }

  async #send(headers: Record<string, string> = {}): Promise<Sent> {
    const sent = await this.#ask(this.#nextPicture(), headers);
    if ('failed' in sent) this.failures.push(sent.failed);
    else this.accepted.push(sent);
    return sent;
  }

  #ask(picture: Uint8Array, headers: Record<string, string>): Promise<Sent> {
    const about = { 'content-type': 'image/jpeg', 'content-length': picture.length, ...headers };
    return new Promise((resolve) => {
      const upload = request(
        `${this.#url}/upload`,
        { method: 'POST', agent: this.#agent, headers: about },
        (answer) => {
          let body = '';
          answer.setEncoding('utf8').on('data', (text: string) => {
            body += text;
          });
          answer.on('error', (error) => resolve({ failed: `the answer broke off: ${error.message}` }));
          answer.on('end', () => {
            const isAccepted = answer.statusCode === 200;
            resolve(
              isAccepted ? Accepted.parse(JSON.parse(body)) : { failed: `${answer.statusCode}: ${body}` },
            );
          });
        },
      );
      upload.on('error', ({ message }) =>
        resolve({ failed: `${message}${upload.reusedSocket ? ', on a kept connection' : ''}` }),
      );
      upload.end(picture);
    });
  }
}
