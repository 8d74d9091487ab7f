import { setTimeout as sleep } from 'node:timers/promises';
import { ProblemBody } from '../problem.ts';

/** A restart of the service, with its recovery, takes far less. */
const PATIENCE_MS = 60_000;
const ASK_AGAIN_MS = 500;

/** The service refuses what it is asked for; the message is its own. */
export class Refused extends Error {
  override readonly name = 'Refused';
  /** Of the answer. */
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** Nobody has answered for long. */
export class OutOfReach extends Error {
  override readonly name = 'OutOfReach';
}

/** An answer of the service. */
export interface Answered {
  /** Null where there is none. */
  json: unknown;
  /** The time of the request that was answered, without those before it that were not. */
  tookMs: number;
}

/** A running service, as a command asks it: again while it does not answer, as it may be starting anew. */
export class ServiceClient {
  readonly #url: string;
  readonly #key: string | null;
  readonly #patienceMs: number;

  /** @param key null: none is sent */
  constructor(url: string, key: string | null, patienceMs = PATIENCE_MS) {
    this.#url = url;
    this.#key = key;
    this.#patienceMs = patienceMs;
  }

  /**
   * Only for what may be asked twice.
   * @throws {Refused}
   * @throws {OutOfReach}
   */
  async ask(
    method: 'GET' | 'POST' | 'DELETE',
    path: string,
    query: Record<string, string> = {},
    body?: object,
  ): Promise<Answered> {
    const address = new URL(path, this.#url);
    address.search = new URLSearchParams(query).toString();
    const deadline = performance.now() + this.#patienceMs;
    while (true) {
      const begin = performance.now();
      const answer = await this.#attempt(address, method, body);
      if (answer instanceof Response && answer.ok) {
        const json: unknown = answer.status === 204 ? null : await answer.json();
        return { json, tookMs: performance.now() - begin };
      }
      if (answer instanceof Response && answer.status < 500)
        throw new Refused(answer.status, await detailOf(answer));
      const why = answer instanceof Response ? await detailOf(answer) : answer.message;
      if (performance.now() > deadline) throw new OutOfReach(`${this.#url} does not answer: ${why}`);
      await sleep(ASK_AGAIN_MS);
    }
  }

  /** An error where there was no whole answer. */
  async #attempt(address: URL, method: string, asked: object | undefined): Promise<Response | Error> {
    try {
      const headers = new Headers(this.#key === null ? {} : { authorization: `Bearer ${this.#key}` });
      const answer = await fetch(address, {
        method,
        headers,
        ...(asked && { body: JSON.stringify(asked) }),
      });
      const body = await answer.arrayBuffer();
      return new Response(answer.status === 204 ? null : body, answer);
    } catch (error) {
      return error instanceof Error ? error : new Error(String(error));
    }
  }
}

async function detailOf(answer: Response): Promise<string> {
  const problem = ProblemBody.safeParse(await answer.json().catch(() => null));
  return problem.success ? problem.data.detail : `it answers with ${answer.status}`;
}
