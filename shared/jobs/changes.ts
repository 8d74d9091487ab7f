import type { Kysely } from 'kysely';
import { z } from 'zod';
import type { JobId, Tenant } from '../domain/ids.ts';
import type { ChangePage, JobChange } from './records.ts';
import { ChangedJobRow, type Tables } from './schema/tables.ts';

const LastRow = z.object({ number: z.int() });
const OpenRow = z.object({ begun: z.int(), over: z.int() });

/**
 * In this order: what has the last number, which transactions had begun by then, and only then, which of them are over, and what all that
 * are have changed.
 */
export async function changesAfter(
  db: Kysely<Tables>,
  { after, tenant, limit }: { after: number; tenant: Tenant | null; limit: number },
): Promise<ChangePage> {
  const last = await lastChange(db);
  if (last <= after) return { changes: [], last, begun: 0, over: 0 };
  const { begun } = await openChanges(db);
  const { over } = await openChanges(db);
  const all = db
    .selectFrom('changed_jobs')
    .selectAll()
    .where('change', '>', after)
    .orderBy('change')
    .limit(limit);
  const rows = await (tenant === null ? all : all.where('tenant', '=', tenant)).execute();
  return { changes: rows.map(toChange), last, begun, over };
}

export async function findChange(db: Kysely<Tables>, id: JobId): Promise<JobChange | null> {
  const row = await db.selectFrom('changed_jobs').selectAll().where('id', '=', id).executeTakeFirst();
  return row ? toChange(row) : null;
}

const lastChange = async (db: Kysely<Tables>): Promise<number> =>
  LastRow.parse(await db.selectFrom('last_change').selectAll().executeTakeFirstOrThrow()).number;

const openChanges = async (db: Kysely<Tables>) =>
  OpenRow.parse(await db.selectFrom('open_changes').selectAll().executeTakeFirstOrThrow());

function toChange(row: Tables['changed_jobs']): JobChange {
  const { id, image_id, tenant, state, failure, updated_at, change } = ChangedJobRow.parse(row);
  return { id, imageId: image_id, tenant, state, failure, updatedAt: updated_at, change };
}
