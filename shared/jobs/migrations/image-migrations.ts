import { type Kysely, sql } from 'kysely';
import type { Tables } from '../schema/tables.ts';

/**
 * What images are found by. The entries go with their image, whichever version deletes it. What was accepted before, or by a node of
 * the version before while both are at work, has no `has_index`: it gets its entries by and by, while the service works, as that
 * takes minutes for a million.
 */
export async function createImageMetadata(db: Kysely<Tables>): Promise<void> {
  await db.schema
    .createTable('image_metadata')
    .addColumn('image_id', 'text', (column) => column.notNull().references('images.id').onDelete('cascade'))
    .addColumn('tenant', 'text', (column) => column.notNull())
    .addColumn('field', 'text', (column) => column.notNull())
    .addColumn('value', 'text', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('image_metadata_key', ['image_id', 'field'])
    .execute();
  await db.schema.alterTable('images').addColumn('has_index', 'integer').execute();
  // Of images that have it, it has no entry, and costs them nothing.
  await db.schema
    .createIndex('images_without_index')
    .on('images')
    .columns(['created_at'])
    .where(sql.ref('has_index'), 'is', null)
    .where(sql.ref('metadata'), 'is not', null)
    .execute();
  await db.schema
    .createIndex('image_metadata_by_value')
    .on('image_metadata')
    .columns(['tenant', 'field', 'value', 'created_at', 'image_id'])
    .execute();
  await db.schema.createIndex('images_by_age').on('images').columns(['tenant', 'created_at', 'id']).execute();
}

/** Files that no row names any more, until they are removed. */
export async function createRemovals(db: Kysely<Tables>): Promise<void> {
  await db.schema
    .createTable('removals')
    .addColumn('kind', 'text', (column) => column.notNull())
    .addColumn('id', 'text', (column) => column.notNull())
    .addColumn('tenant', 'text', (column) => column.notNull())
    .addColumn('due_at', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('removals_key', ['kind', 'id'])
    .execute();
  await db.schema.createIndex('removals_by_tenant').on('removals').columns(['tenant', 'due_at']).execute();
}

/** What a cache was to be told, which is a webhook since. */
export async function createOutbox(db: Kysely<Tables>): Promise<void> {
  await db.schema
    .createTable('outbox')
    .addColumn('id', 'text', (column) => column.primaryKey().notNull())
    .addColumn('topic', 'text', (column) => column.notNull())
    .addColumn('body', 'text', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('due_at', 'bigint', (column) => column.notNull())
    .addColumn('tries', 'integer', (column) => column.notNull())
    .execute();
  await db.schema.createIndex('outbox_by_turn').on('outbox').columns(['topic', 'due_at']).execute();
  await db.schema.createIndex('outbox_by_age').on('outbox').columns(['created_at']).execute();
}

export async function dropOutbox(db: Kysely<Tables>): Promise<void> {
  await db.schema.dropTable('outbox').execute();
}
