import type { Pool } from 'pg';
import { RateLimiterMemory } from 'rate-limiter-flexible';
import { z } from 'zod';
import type { RequestCounter } from '../access/request-counter.ts';

/** Windows that are over are removed so often, by whoever counts then: once in so many requests. */
const REQUESTS_TO_TIDY = 1_000;

/** Few enough to hold nobody up. */
const TIDIED_AT_ONCE = 5_000;

const Counted = z.tuple([z.object({ points: z.int(), left: z.number() })]);

/**
 * Counts over all nodes, in the database and by its clock: those of nodes may differ by more than a window. Where the database does not
 * answer, each node counts for itself.
 */
export class PostgresCounter implements RequestCounter {
  readonly points: number;
  readonly #pool: Pool;
  readonly #prefix: string;
  readonly #windowMs: number;
  readonly #alone: RateLimiterMemory;
  #requests = 0;

  constructor(pool: Pool, options: { points: number; duration: number; keyPrefix: string }) {
    this.points = options.points;
    this.#pool = pool;
    this.#prefix = options.keyPrefix;
    this.#windowMs = options.duration * 1000;
    this.#alone = new RateLimiterMemory(options);
  }

  async penalty(name: string): Promise<{ consumedPoints: number; msBeforeNext: number }> {
    if (++this.#requests % REQUESTS_TO_TIDY === 0)
      void this.#pool.query(TIDY, [TIDIED_AT_ONCE]).catch(() => {});
    try {
      const { rows } = await this.#pool.query({
        name: 'darkroom-count',
        text: COUNT,
        values: [`${this.#prefix}:${name}`, this.#windowMs],
      });
      const [{ points, left }] = Counted.parse(rows);
      return { consumedPoints: points, msBeforeNext: left };
    } catch {
      return this.#alone.penalty(name);
    }
  }
}

const NOW = '(extract(epoch from clock_timestamp()) * 1000)::bigint';

const COUNT = `
  with clock as materialized (select ${NOW} as now)
  insert into rate_limits as counted (key, points, expire)
  select $1, 1, now + $2::bigint from clock
  on conflict (key) do update set
    points = case when counted.expire <= excluded.expire - $2::bigint then 1 else counted.points + 1 end,
    expire = case when counted.expire <= excluded.expire - $2::bigint then excluded.expire else counted.expire end
  returning points, (expire - ${NOW})::float8 as left`;

const TIDY = `
  delete from rate_limits
  where key in (select key from rate_limits where expire < ${NOW} limit $1)`;
