/**
 * Lets one of those who want the same thing go ahead: the others wait for its end, be that good or bad, and then go all
 * at once. Each is told whether it goes ahead, while nobody else does.
 */
export class Ahead {
  readonly #first = new Map<string, Promise<unknown>>();

  async behind<T>(name: string, work: (isAhead: boolean) => Promise<T>): Promise<T> {
    const first = this.#first.get(name);
    if (first) {
      await first;
      return work(false);
    }
    const done = work(true);
    const over = () => this.#first.delete(name);
    this.#first.set(name, done.then(over, over));
    return done;
  }
}
