import type { Kysely } from 'kysely';
import type { Tables } from '../schema/tables.ts';

/** What endpoints are told, each of its own, and how they fare. */
export async function createWebhooks(db: Kysely<Tables>): Promise<void> {
  await db.schema
    .createTable('webhook_messages')
    .addColumn('id', 'text', (column) => column.primaryKey().notNull())
    .addColumn('endpoint', 'text', (column) => column.notNull())
    .addColumn('event', 'text', (column) => column.notNull())
    .addColumn('tenant', 'text', (column) => column.notNull())
    .addColumn('image_id', 'text', (column) => column.notNull())
    .addColumn('number', 'integer', (column) => column.notNull())
    .addColumn('body', 'text', (column) => column.notNull())
    .addColumn('metadata', 'text')
    .addColumn('status', 'text', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('queued_at', 'bigint', (column) => column.notNull())
    .addColumn('due_at', 'bigint', (column) => column.notNull())
    .addColumn('tries', 'integer', (column) => column.notNull())
    .addColumn('lease', 'text')
    .addColumn('tried_at', 'bigint')
    .addColumn('failure', 'text')
    .execute();
  const indexes = {
    webhook_messages_by_turn: ['endpoint', 'status', 'due_at'],
    webhook_messages_by_page: ['endpoint', 'created_at', 'id'],
    webhook_messages_by_age: ['status', 'queued_at'],
    webhook_messages_by_tenant: ['tenant'],
  } as const;
  await db.schema
    .createIndex('webhook_messages_by_image')
    .unique()
    .on('webhook_messages')
    .columns(['image_id', 'endpoint', 'number'])
    .execute();
  for (const [name, columns] of Object.entries(indexes))
    await db.schema
      .createIndex(name)
      .on('webhook_messages')
      .columns([...columns])
      .execute();
  await db.schema
    .createTable('webhook_endpoints')
    .addColumn('id', 'text', (column) => column.primaryKey().notNull())
    .addColumn('disabled_at', 'bigint')
    .addColumn('disabled_why', 'text')
    .addColumn('succeeded_at', 'bigint')
    .addColumn('failed_at', 'bigint')
    .addColumn('failure', 'text')
    .execute();
}
