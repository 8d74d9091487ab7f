import { randomBytes } from 'node:crypto';
import type { Pool } from 'pg';
import { z } from 'zod';
import type { DatabaseClock } from '../../shared/postgres/database-clock.ts';
import type { CommonAccess } from '../access/common-access.ts';
import { PostgresCounter } from './postgres-counter.ts';

/** RFC 7518, section 3.2. */
const SECRET_BYTES = 32;

const Secrets = z.tuple([z.object({ secret: z.base64() })]);

/** {@link CommonAccess} by the database that the nodes share. */
export async function postgresAccess(pool: Pool, clock: DatabaseClock): Promise<CommonAccess> {
  const secret = await commonSecret(pool);
  return {
    secret,
    now: () => clock.now(),
    limiter: (options) => new PostgresCounter(pool, options),
  };
}

/** That of the first node that has asked for it. */
async function commonSecret(pool: Pool): Promise<Uint8Array> {
  const offered = randomBytes(SECRET_BYTES).toString('base64');
  await pool.query(
    "insert into secrets (name, secret) values ('signing', $1) on conflict (name) do nothing",
    [offered],
  );
  const { rows } = await pool.query("select secret from secrets where name = 'signing'");
  const [{ secret }] = Secrets.parse(rows);
  return Buffer.from(secret, 'base64');
}
