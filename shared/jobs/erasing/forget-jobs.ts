import { type Kysely, type SqlBool, sql } from 'kysely';
import type { ImageId, Sha256, Tenant } from '../../domain/ids.ts';
import { VALUES_PER_STATEMENT } from '../among.ts';
import type { Tables } from '../schema/tables.ts';

/** By the run that made a set its later twins find whose it is: the job of that run stays for as long as the set does. */
const isOfNoImage = sql<SqlBool>`
  not exists (select 1 from images where images.id = jobs.image_id) and not exists (
    select 1 from runs join sets on sets.run_id = runs.id where runs.job_id = jobs.id)`;

/** Forgets the jobs, with their runs, that these bytes have had and whose images are gone. @returns how many */
export async function forgetJobsOf(
  db: Kysely<Tables>,
  { id, tenant, sha256 }: { id: ImageId; tenant: Tenant; sha256: Sha256 },
): Promise<number> {
  const found = await db
    .selectFrom('jobs')
    .select('id')
    .where(({ and, eb, or }) =>
      // Those of a time before there were sets in common say nothing of their bytes.
      or([eb('image_id', '=', id), and([eb('tenant', '=', tenant), eb('sha256', '=', sha256)])]),
    )
    .where(isOfNoImage)
    .execute();
  return forget(db, found);
}

/** Of a tenant the same for any bytes, so many at the most. */
export async function forgetJobsOfGoneImages(
  db: Kysely<Tables>,
  tenant: Tenant,
  limit: number,
): Promise<number> {
  const found = await db
    .selectFrom('jobs')
    .select('id')
    .where('tenant', '=', tenant)
    .where(isOfNoImage)
    .limit(limit)
    .execute();
  return forget(db, found);
}

async function forget(db: Kysely<Tables>, jobs: readonly { id: string }[]): Promise<number> {
  for (let at = 0; at < jobs.length; at += VALUES_PER_STATEMENT) {
    const ids = jobs.slice(at, at + VALUES_PER_STATEMENT).map(({ id }) => id);
    await db.deleteFrom('runs').where('job_id', 'in', ids).execute();
    await db.deleteFrom('jobs').where('id', 'in', ids).execute();
  }
  return jobs.length;
}
