import { randomBytes } from 'node:crypto';
import type { Pool } from 'pg';
import { RateLimiterMemory, RateLimiterPostgres } from 'rate-limiter-flexible';
import { z } from 'zod';
import type { CommonAccess } from '../access/common-access.ts';

/** RFC 7518, section 3.2. */
const SECRET_BYTES = 32;

const Secrets = z.tuple([z.object({ secret: z.base64() })]);

/** {@link CommonAccess} by the database that the nodes share. */
export async function postgresAccess(pool: Pool): Promise<CommonAccess> {
  const secret = await commonSecret(pool);
  return {
    secret,
    limiter: (options) =>
      new RateLimiterPostgres({
        ...options,
        storeClient: pool,
        storeType: 'pool',
        tableName: 'rate_limits',
        tableCreated: true,
        insuranceLimiter: new RateLimiterMemory(options),
      }),
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
