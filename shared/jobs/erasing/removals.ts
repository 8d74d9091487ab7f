import type { Kysely } from 'kysely';
import { RemovalRow } from '../schema/erasure-tables.ts';
import type { Tables } from '../schema/tables.ts';
import type { Removal, Removals, RemovalsAsked } from './erasure.ts';

export async function listRemovals(
  db: Kysely<Tables>,
  { tenant, at, limit }: RemovalsAsked,
): Promise<Removals> {
  const ofTenant = db.selectFrom('removals').where('tenant', '=', tenant);
  const rows = await ofTenant.selectAll().where('due_at', '<=', at).orderBy('due_at').limit(limit).execute();
  const last = await ofTenant
    .select(({ fn }) => fn.max<number | null>('due_at').as('at'))
    .executeTakeFirstOrThrow();
  return {
    due: rows.map((row) => toRemoval(RemovalRow.parse(row))),
    waitsMs: last.at === null ? null : Math.max(0, last.at - at),
  };
}

/** The kind says what the id is of. */
const toRemoval = ({ kind, id }: RemovalRow) => ({ kind, id }) as Removal;

export async function forgetRemovals(db: Kysely<Tables>, removed: readonly Removal[]): Promise<void> {
  for (const [kind, ofKind] of Map.groupBy(removed, (removal) => removal.kind)) {
    const ids = ofKind.map(({ id }) => id);
    await db.deleteFrom('removals').where('kind', '=', kind).where('id', 'in', ids).execute();
  }
}
