import type { Kysely } from 'kysely';
import type { Tables } from '../schema/tables.ts';

export async function createTables(db: Kysely<Tables>): Promise<void> {
  await db.schema
    .createTable('sets')
    .addColumn('run_id', 'text', (column) => column.primaryKey().notNull())
    .addColumn('manifest', 'text', (column) => column.notNull())
    .addColumn('published_at', 'bigint', (column) => column.notNull())
    .execute();
  await db.schema
    .createTable('images')
    .addColumn('id', 'text', (column) => column.primaryKey().notNull())
    .addColumn('tenant', 'text', (column) => column.notNull())
    .addColumn('sha256', 'text', (column) => column.notNull())
    .addColumn('bytes', 'bigint', (column) => column.notNull())
    .addColumn('format', 'text', (column) => column.notNull())
    .addColumn('width', 'integer', (column) => column.notNull())
    .addColumn('height', 'integer', (column) => column.notNull())
    .addColumn('frames', 'integer', (column) => column.notNull())
    .addColumn('preset', 'text', (column) => column.notNull())
    .addColumn('metadata', 'text')
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('published_run', 'text', (column) => column.references('sets.run_id'))
    .execute();
  await db.schema
    .createTable('deleted_images')
    .addColumn('id', 'text', (column) => column.primaryKey().notNull())
    .addColumn('deleted_at', 'bigint', (column) => column.notNull())
    .execute();
  await db.schema
    .createTable('jobs')
    .addColumn('id', 'text', (column) => column.primaryKey().notNull())
    .addColumn('image_id', 'text', (column) => column.notNull())
    .addColumn('preset', 'text', (column) => column.notNull())
    .addColumn('state', 'text', (column) => column.notNull())
    .addColumn('failure', 'text')
    .addColumn('request_id', 'text', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('updated_at', 'bigint', (column) => column.notNull())
    .addColumn('active_run', 'text')
    .execute();
  await db.schema
    .createTable('runs')
    .addColumn('id', 'text', (column) => column.primaryKey().notNull())
    .addColumn('job_id', 'text', (column) => column.notNull().references('jobs.id'))
    .addColumn('worker_pid', 'integer', (column) => column.notNull())
    .addColumn('started_at', 'bigint', (column) => column.notNull())
    .addColumn('ended_at', 'bigint')
    .addColumn('outcome', 'text')
    .addColumn('signal', 'text')
    .addColumn('exit_code', 'integer')
    .addColumn('peak_rss_bytes', 'bigint')
    .addColumn('failure', 'text')
    .execute();
  await db.schema.createIndex('jobs_by_image').on('jobs').columns(['image_id', 'created_at']).execute();
  await db.schema.createIndex('jobs_by_age').on('jobs').columns(['created_at', 'id']).execute();
  await db.schema.createIndex('jobs_by_state').on('jobs').columns(['state', 'created_at', 'id']).execute();
  await db.schema.createIndex('runs_by_job').on('runs').columns(['job_id', 'started_at']).execute();
}

export async function createQuarantine(db: Kysely<Tables>): Promise<void> {
  await db.schema
    .createTable('quarantine')
    .addColumn('tenant', 'text', (column) => column.notNull())
    .addColumn('sha256', 'text', (column) => column.notNull())
    .addColumn('decoder', 'text', (column) => column.notNull())
    .addColumn('image_id', 'text', (column) => column.notNull())
    .addColumn('job_id', 'text', (column) => column.notNull())
    .addColumn('signal', 'text')
    .addColumn('exit_code', 'integer')
    .addColumn('at', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('quarantine_key', ['tenant', 'sha256', 'decoder'])
    .execute();
  await db.schema.createIndex('quarantine_by_age').on('quarantine').columns(['at', 'sha256']).execute();
  await db.schema
    .alterTable('jobs')
    .addColumn('counts_from', 'bigint', (column) => column.notNull().defaultTo(0))
    .execute();
}

/** What was published or accepted before this has no key, and is shared with nobody. */
export async function createSharing(db: Kysely<Tables>): Promise<void> {
  for (const [name, type] of [
    ['tenant', 'text'],
    ['sha256', 'text'],
    ['preset_digest', 'text'],
    ['pipeline_version', 'integer'],
  ] as const) {
    await db.schema.alterTable('sets').addColumn(name, type).execute();
  }
  await db.schema
    .createIndex('sets_by_key')
    .unique()
    .on('sets')
    .columns(['tenant', 'sha256', 'preset_digest', 'pipeline_version'])
    .execute();
  await db.schema.createIndex('images_by_bytes').on('images').columns(['tenant', 'sha256']).execute();
  await db.schema.createIndex('images_by_set').on('images').columns(['published_run']).execute();
  await db.schema.alterTable('jobs').addColumn('preset_digest', 'text').execute();
  await db.schema.alterTable('jobs').addColumn('shared_run_of', 'text').execute();
  await db.schema.alterTable('jobs').addColumn('tenant', 'text').execute();
  await db.schema.alterTable('jobs').addColumn('sha256', 'text').execute();
  await db.schema
    .createIndex('jobs_by_bytes')
    .on('jobs')
    .columns(['tenant', 'sha256', 'preset_digest', 'shared_run_of', 'state'])
    .execute();
  await db.schema.createIndex('jobs_by_shared_run').on('jobs').columns(['shared_run_of', 'state']).execute();
}

export async function createIdempotency(db: Kysely<Tables>): Promise<void> {
  await db.schema
    .createTable('idempotency_keys')
    .addColumn('tenant', 'text', (column) => column.notNull())
    .addColumn('key', 'text', (column) => column.notNull())
    .addColumn('claim', 'text', (column) => column.notNull().unique())
    .addColumn('until', 'bigint', (column) => column.notNull())
    .addColumn('fingerprint', 'text')
    .addColumn('image_id', 'text')
    .addColumn('job_id', 'text')
    .addColumn('state', 'text')
    .addPrimaryKeyConstraint('idempotency_keys_key', ['tenant', 'key'])
    .execute();
  await db.schema.createIndex('idempotency_keys_by_end').on('idempotency_keys').columns(['until']).execute();
}
