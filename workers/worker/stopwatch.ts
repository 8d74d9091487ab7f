import type { WorkerStep } from '../../shared/protocol.ts';

/** Takes the time of each step of a run, be it done or failed. */
export class Stopwatch {
  readonly steps: WorkerStep[] = [];
  readonly #begin = performance.now();

  async time<T>(name: WorkerStep['name'], work: () => Promise<T>): Promise<T> {
    const begin = performance.now();
    try {
      return await work();
    } finally {
      const ms = performance.now() - begin;
      this.steps.push({ name, begin: begin - this.#begin, ms });
    }
  }
}
