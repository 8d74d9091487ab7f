/**
 * Lets one of those who want the same thing go ahead: the others wait for its end, be that good or bad, and then go all
 * at once.
 */
export class Ahead {
  readonly #first = new Map<string, Promise<unknown>>();

  async behind<T>(name: string, work: () => Promise<T>): Promise<T> {
    await this.#first.get(name);
    const done = work();
    if (this.#first.has(name)) return done;
    const over = done.then(
      () => this.#first.delete(name),
      () => this.#first.delete(name),
    );
    this.#first.set(name, over);
    return done;
  }
}
