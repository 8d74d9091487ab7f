import type { Pool } from 'pg';
import { z } from 'zod';
import { JobId } from '../../domain/ids.ts';
import { hasEnded, JOB_STATES } from '../../domain/job.ts';
import type { JobWatch } from '../hand-off.ts';

/** Who has missed that a job has ended finds out within so many milliseconds. */
const LOOK_MS = 1_000;

const ENDED = JOB_STATES.filter(hasEnded);
const Rows = z.array(z.object({ id: JobId }));

/** Tells when jobs end, on whatever node. */
export class RemoteJobWatch implements JobWatch {
  readonly #pool: Pool;
  readonly #watchers = new Map<string, Set<() => void>>();
  readonly #looking: NodeJS.Timeout;

  constructor(pool: Pool) {
    this.#pool = pool;
    this.#looking = setInterval(() => void this.look(), LOOK_MS);
  }

  ended(job: JobId, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const watchers = this.#watchers.get(job) ?? new Set();
      const done = () => {
        signal.removeEventListener('abort', done);
        watchers.delete(done);
        if (watchers.size === 0) this.#watchers.delete(job);
        resolve();
      };
      this.#watchers.set(job, watchers.add(done));
      if (signal.aborted) done();
      else signal.addEventListener('abort', done);
    });
  }

  /** @param ids of jobs that have ended, with spaces between them */
  heard(ids: string): void {
    for (const id of ids.split(' ')) this.#tell(id);
  }

  /** For what was not heard of. */
  async look(): Promise<void> {
    const watched = [...this.#watchers.keys()];
    if (watched.length === 0) return;
    const asked = {
      text: 'select id from jobs where id = any($1) and state = any($2)',
      values: [watched, ENDED],
    };
    const { rows } = await this.#pool.query(asked).catch(() => ({ rows: [] }));
    for (const { id } of Rows.parse(rows)) this.#tell(id);
  }

  /** Nobody waits any longer. */
  close(): void {
    clearInterval(this.#looking);
    for (const id of [...this.#watchers.keys()]) this.#tell(id);
  }

  #tell(id: string): void {
    for (const done of [...(this.#watchers.get(id) ?? [])]) done();
  }
}
