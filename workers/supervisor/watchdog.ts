/**
 * Calls back when nothing has reset it for a time. What arrived while our own loop stood still counts: at the end
 * of the time the loop turns once, reading what waits, before the call is made.
 */
export class Watchdog {
  readonly #ms: number;
  readonly #bark: () => void;
  #timer: NodeJS.Timeout | undefined;
  #lastTurn: NodeJS.Immediate | undefined;

  constructor(ms: number, bark: () => void) {
    this.#ms = ms;
    this.#bark = bark;
  }

  reset(): void {
    this.stop();
    this.#timer = setTimeout(() => {
      this.#lastTurn = setImmediate(this.#bark);
    }, this.#ms);
  }

  stop(): void {
    clearTimeout(this.#timer);
    clearImmediate(this.#lastTurn);
  }
}
