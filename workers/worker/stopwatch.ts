import type { StepName, WorkerStep } from '../../shared/protocol.ts';

/** Takes the time of each step of a run, be it done or failed. */
export class Stopwatch {
  readonly steps: WorkerStep[] = [];
  readonly #begin = performance.now();
  readonly #begun: (step: StepName) => void;

  /** @param begun is told of each step that begins */
  constructor(begun: (step: StepName) => void = () => {}) {
    this.#begun = begun;
  }

  async time<T>(name: StepName, work: () => Promise<T>): Promise<T> {
    this.#begun(name);
    const begin = performance.now();
    try {
      return await work();
    } finally {
      const ms = performance.now() - begin;
      this.steps.push({ name, begin: begin - this.#begin, ms });
    }
  }
}
