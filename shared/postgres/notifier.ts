import type { Pool } from 'pg';

/** PostgreSQL takes less than 8,000 bytes in one. */
const MOST_CHARACTERS = 7_500;

/** What is to be told in the same moment goes together. */
const GATHER_MS = 2;

/**
 * Tells other nodes of something, by NOTIFY. On its own and not in the transaction that it is about, since a commit
 * that notifies holds up all others of the database that do, until it is on the disk. Who misses one finds out by asking.
 */
export class Notifier {
  readonly #pool: Pool;
  readonly #waiting = new Map<string, Set<string>>();
  #timer: NodeJS.Timeout | null = null;
  #sending: Promise<void> = Promise.resolve();

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  /** @param word without spaces; the listeners are given all that came together, with spaces between them */
  tell(channel: string, word = ''): void {
    this.#waiting.set(channel, (this.#waiting.get(channel) ?? new Set()).add(word));
    this.#timer ??= setTimeout(() => {
      this.#timer = null;
      this.#sending = this.#sending.then(() => this.#send());
    }, GATHER_MS);
  }

  /** Sends what waits. */
  async close(): Promise<void> {
    clearTimeout(this.#timer ?? undefined);
    await this.#sending.then(() => this.#send());
  }

  async #send(): Promise<void> {
    const calls = [...this.#waiting].flatMap(([channel, words]) =>
      gathered([...words]).map((payload) => `pg_notify(${literal(channel)}, ${literal(payload)})`),
    );
    this.#waiting.clear();
    if (calls.length === 0) return;
    const statements = [
      'begin',
      'set local synchronous_commit to off',
      `select ${calls.join(', ')}`,
      'commit',
    ];
    await this.#pool.query(statements.join('; ')).catch(() => {});
  }
}

function gathered(words: readonly string[]): string[] {
  const payloads: string[] = [];
  for (const word of words) {
    const last = payloads.at(-1);
    const longer = `${last} ${word}`;
    if (last === undefined || longer.length > MOST_CHARACTERS) payloads.push(word);
    else payloads[payloads.length - 1] = longer;
  }
  return payloads;
}

const literal = (text: string) => `'${text.replaceAll("'", "''")}'`;
