/** An answer that took longer says too little of when it was given. */
const MOST_WAY_MS = 1_000;

/**
 * The clock of the database, which all nodes tell the time by: theirs may differ by minutes. Between two answers it goes on by the clock
 * of this process that never jumps. Until the first one it is that of this machine.
 */
export class DatabaseClock {
  /** Of the database, less ours that never jumps, in milliseconds. */
  #offsetMs = Date.now() - performance.now();

  /**
   * @param databaseMs what the database has answered, in milliseconds since 1970
   * @param askedAt by `performance.now()`
   */
  heard(databaseMs: number, askedAt: number): void {
    const answeredAt = performance.now();
    if (answeredAt - askedAt > MOST_WAY_MS) return;
    this.#offsetMs = databaseMs - (askedAt + answeredAt) / 2;
  }

  /** Milliseconds since 1970. */
  now(): number {
    return Math.round(performance.now() + this.#offsetMs);
  }

  /** To be added to what the clock of this machine says. */
  get aheadMs(): number {
    return this.now() - Date.now();
  }
}
