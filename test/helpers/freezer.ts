import { setTimeout as sleep } from 'node:timers/promises';
import { freeze, freezeWorkers, startedWorkers, thaw } from './processes.ts';
import type { RunningService } from './service.ts';

/** A worker takes some 60 ms and more from its start until it is ready. */
const LOOK_EVERY_MS = 5;

/** Keeps all workers of a service stopped, also those that are started later: those do not become ready. */
export class Freezer implements AsyncDisposable {
  readonly #service: RunningService;
  readonly #frozen: Set<number>;
  readonly #watch: Promise<void>;
  #holding = true;

  /** Resolves when all that are there stand still. */
  static async hold(service: RunningService): Promise<Freezer> {
    return new Freezer(service, await freezeWorkers(service));
  }

  private constructor(service: RunningService, frozen: readonly number[]) {
    this.#service = service;
    this.#frozen = new Set(frozen);
    this.#watch = this.#freezeNewOnes();
  }

  letGo(): void {
    this.#holding = false;
    for (const pid of this.#frozen) thaw(pid);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.letGo();
    await this.#watch;
  }

  async #freezeNewOnes(): Promise<void> {
    while (this.#holding) {
      for (const pid of await startedWorkers(this.#service)) {
        if (this.#frozen.has(pid)) continue;
        this.#frozen.add(pid);
        await freeze(pid, () => !this.#holding);
        if (!this.#holding) thaw(pid);
      }
      await sleep(LOOK_EVERY_MS);
    }
  }
}
