/** What has happened, in its order, for who asks for the next one by and by. */
export class Told<T> {
  readonly #waiting: T[] = [];
  readonly #asking: ((it: T) => void)[] = [];

  push(it: T): void {
    const next = this.#asking.shift();
    if (next) next(it);
    else this.#waiting.push(it);
  }

  /** Each once. */
  next(): Promise<T> {
    const [first] = this.#waiting.splice(0, 1);
    if (first !== undefined) return Promise.resolve(first);
    return new Promise((resolve) => this.#asking.push(resolve));
  }

  get untold(): number {
    return this.#waiting.length;
  }
}
