import type { Pool } from 'pg';
import { z } from 'zod';
import { JobId } from '../../domain/ids.ts';
import { hasEnded, JOB_STATES } from '../../domain/job.ts';
import type { JobWatch } from '../hand-off.ts';
import { JobWatchers } from '../job-watchers.ts';

/** Who has missed that a job has ended finds out within so many milliseconds. */
const LOOK_MS = 1_000;

const ENDED = JOB_STATES.filter(hasEnded);
const Rows = z.array(z.object({ id: JobId }));

/** Tells when jobs end, on whatever node. */
export class RemoteJobWatch implements JobWatch {
  readonly #pool: Pool;
  readonly #watchers = new JobWatchers();
  readonly #looking: NodeJS.Timeout;

  constructor(pool: Pool) {
    this.#pool = pool;
    this.#looking = setInterval(() => void this.look(), LOOK_MS);
  }

  ended(job: JobId, signal: AbortSignal): Promise<void> {
    return this.#watchers.ended(job, signal);
  }

  /** @param ids of jobs that have ended, with spaces between them */
  heard(ids: string): void {
    for (const id of ids.split(' ')) this.#watchers.tell(id as JobId);
  }

  /** For what was not heard of. */
  async look(): Promise<void> {
    const { watched } = this.#watchers;
    if (watched.length === 0) return;
    const asked = {
      text: 'select id from jobs where id = any($1) and state = any($2)',
      values: [watched, ENDED],
    };
    const { rows } = await this.#pool.query(asked).catch(() => ({ rows: [] }));
    for (const { id } of Rows.parse(rows)) this.#watchers.tell(id);
  }

  /** Nobody waits any longer. */
  close(): void {
    clearInterval(this.#looking);
    this.#watchers.tellAll();
  }
}
