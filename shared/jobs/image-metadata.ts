import type { Kysely } from 'kysely';
import type { Metadata } from '../domain/image.ts';
import { findableFields } from '../domain/metadata-field.ts';
import { ImageRow, type Tables } from './schema/tables.ts';

/** Each binds five values, and SQLite's statements take 32,766. */
const ENTRIES_A_STATEMENT = 1_000;

interface Described extends Pick<Tables['images'], 'id' | 'tenant' | 'created_at'> {
  metadata: Metadata | null;
}

const entriesOf = ({ id, tenant, metadata, created_at }: Described): Tables['image_metadata'][] =>
  findableFields(metadata).map((entry) => ({ image_id: id, tenant, ...entry, created_at }));

/** What an image that is accepted now can be found by: removed with it by the database. */
export async function indexMetadata(db: Kysely<Tables>, image: Described): Promise<void> {
  const entries = entriesOf(image);
  if (entries.length > 0) await db.insertInto('image_metadata').values(entries).execute();
}

const withoutIndex = (db: Kysely<Tables>) =>
  db.selectFrom('images').where('has_index', 'is', null).where('metadata', 'is not', null);

/** Whether some are not found yet. */
export const isAnyWithoutIndex = async (db: Kysely<Tables>): Promise<boolean> =>
  (await withoutIndex(db).select('id').limit(1).executeTakeFirst()) !== undefined;

const Earlier = ImageRow.pick({ id: true, tenant: true, metadata: true, created_at: true });

/** The same for a page of those that were accepted without. @returns how many there were; fewer than the limit: no others are left */
export async function indexEarlierMetadata(
  db: Kysely<Tables>,
  { limit }: { limit: number },
): Promise<number> {
  const rows = await withoutIndex(db)
    .select(['id', 'tenant', 'metadata', 'created_at'])
    .limit(limit)
    .execute();
  const entries = rows.flatMap((row) => entriesOf(Earlier.parse(row)));
  for (let at = 0; at < entries.length; at += ENTRIES_A_STATEMENT) {
    // Another node may be at the same images.
    await db
      .insertInto('image_metadata')
      .values(entries.slice(at, at + ENTRIES_A_STATEMENT))
      .onConflict((conflict) => conflict.columns(['image_id', 'field']).doNothing())
      .execute();
  }
  const ids = rows.map(({ id }) => id);
  if (ids.length > 0) await db.updateTable('images').set({ has_index: 1 }).where('id', 'in', ids).execute();
  return rows.length;
}
