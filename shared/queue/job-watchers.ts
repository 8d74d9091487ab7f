import type { JobId } from '../domain/ids.ts';
import type { JobWatch } from './hand-off.ts';

/** Those who wait for the end of jobs; who hears of one tells them. */
export class JobWatchers implements JobWatch {
  readonly #waiting = new Map<JobId, Set<() => void>>();

  /** The jobs whose end somebody waits for. */
  get watched(): JobId[] {
    return [...this.#waiting.keys()];
  }

  ended(job: JobId, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const waiting = this.#waiting.get(job) ?? new Set();
      const done = () => {
        signal.removeEventListener('abort', done);
        waiting.delete(done);
        if (waiting.size === 0) this.#waiting.delete(job);
        resolve();
      };
      this.#waiting.set(job, waiting.add(done));
      if (signal.aborted) done();
      else signal.addEventListener('abort', done);
    });
  }

  tell(ended: JobId): void {
    for (const done of [...(this.#waiting.get(ended) ?? [])]) done();
  }

  /** Nobody waits any longer. */
  tellAll(): void {
    for (const job of this.watched) this.tell(job);
  }
}
