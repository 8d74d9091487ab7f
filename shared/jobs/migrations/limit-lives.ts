import { type Kysely, sql } from 'kysely';
import type { Tables } from '../schema/tables.ts';

/** Each index has only those rows that are looked for by it: most images may have neither. */
export async function limitLives(db: Kysely<Tables>): Promise<void> {
  await db.schema.alterTable('images').addColumn('original_removed_at', 'bigint').execute();
  await db.schema.alterTable('images').addColumn('expires_at', 'bigint').execute();
  await db.schema
    .createIndex('images_by_kept_original')
    .on('images')
    .columns(['created_at', 'id'])
    .where(sql.ref('original_removed_at'), 'is', null)
    .execute();
  await db.schema
    .createIndex('images_by_expiry')
    .on('images')
    .columns(['expires_at', 'id'])
    .where(sql.ref('expires_at'), 'is not', null)
    .execute();
}
