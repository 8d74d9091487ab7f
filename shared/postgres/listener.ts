import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import type { Logger } from '../telemetry/logger.ts';
import { settings } from './connect.ts';

/** A connection that has died without a word is noticed within about twice so long, in milliseconds. */
const PING_MS = 2_000;

const FIRST_RETRY_MS = 100;
const MOST_RETRY_MS = 2_000;

export interface Listening {
  /** What to do with the payloads of each channel. */
  channels: Record<string, (payload: string) => void>;
  /** It listens, from now on or again: what was told before it did not hear. */
  began(): void;
}

/** Hears what other nodes tell, on a connection of its own, which it opens again and again. */
export class Listener {
  readonly #url: string;
  readonly #listening: Listening;
  readonly #log: Logger;
  readonly #closing = new AbortController();
  readonly #ended: Promise<void>;

  constructor(url: string, listening: Listening, log: Logger) {
    this.#url = url;
    this.#listening = listening;
    this.#log = log;
    this.#ended = this.#listen();
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#ended;
  }

  async #listen(): Promise<void> {
    let wait = FIRST_RETRY_MS;
    while (!this.#closing.signal.aborted) {
      const client = new Client({ ...settings(this.#url, 'darkroom listener'), query_timeout: PING_MS });
      let broken: (error: Error) => void = () => {};
      const breaks = new Promise<never>((_, reject) => {
        broken = reject;
      });
      breaks.catch(() => {});
      client.on('error', (error) => broken(error));
      client.on('end', () => broken(new Error('the connection has ended')));
      client.on('notification', ({ channel, payload }) => this.#listening.channels[channel]?.(payload ?? ''));
      try {
        await client.connect();
        for (const channel of Object.keys(this.#listening.channels)) await client.query(`listen ${channel}`);
        wait = FIRST_RETRY_MS;
        this.#listening.began();
        await Promise.race([breaks, this.#ping(client)]);
      } catch (error) {
        if (!this.#closing.signal.aborted) this.#log.warn({ err: error }, 'the listening connection is lost');
      }
      await client.end().catch(() => {});
      await sleep(wait * (0.5 + Math.random() / 2), undefined, { signal: this.#closing.signal }).catch(
        () => {},
      );
      wait = Math.min(MOST_RETRY_MS, wait * 2);
    }
  }

  async #ping(client: Client): Promise<void> {
    for (;;) {
      await sleep(PING_MS, undefined, { signal: this.#closing.signal });
      await client.query('select 1');
    }
  }
}
