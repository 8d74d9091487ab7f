import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';
import { DEFAULT_TENANT } from '../../domain/ids.ts';
import type { Tables } from '../schema/tables.ts';
import { countUsage } from './count-usage.ts';
import { createIdempotency, createQuarantine, createSharing, createTables } from './first-migrations.ts';
import { createImageMetadata, createOutbox, createRemovals, dropOutbox } from './image-migrations.ts';
import { limitLives } from './limit-lives.ts';
import { numberChanges } from './number-changes.ts';
import { createWebhooks } from './webhook-migrations.ts';

/** In order of their names; a released one is never changed, only followed by another. */
export const MIGRATIONS: Record<string, Migration> = {
  '0001-first': { up: createTables },
  '0002-quarantine': { up: createQuarantine },
  '0003-sharing': { up: createSharing },
  '0004-idempotency': { up: createIdempotency },
  '0005-numbered-runs': { up: numberRuns },
  '0006-recipes': { up: createRecipes },
  '0007-perceptual-hashes': { up: addPerceptualHashes },
  '0008-kept-recipes': { up: keepRecipes },
  '0009-reprocessing': { up: prepareReprocessing },
  '0010-tenants-of-the-deleted': { up: nameTenantsOfTheDeleted },
  '0011-nodes': { up: nameNodes },
  '0012-image-metadata': { up: createImageMetadata },
  '0012-image-removals': { up: createRemovals },
  '0012-outbox': { up: createOutbox },
  '0013-retention': { up: limitLives },
  '0013-usage': { up: countUsage },
  '0014-traces': { up: keepTraces },
  '0016-resumable-uploads': { up: createResumableUploads },
  '0017-changes': { up: numberChanges },
  '0017-webhooks': { up: createWebhooks },
  '0018-no-outbox': { up: dropOutbox },
};

/** Runs in the order in which they were started, whatever the clock did meanwhile. */
async function numberRuns(db: Kysely<Tables>): Promise<void> {
  await db.schema
    .alterTable('runs')
    .addColumn('number', 'integer', (column) => column.notNull().defaultTo(1))
    .execute();
  await db.schema
    .alterTable('jobs')
    .addColumn('counted_from_run', 'integer', (column) => column.notNull().defaultTo(1))
    .execute();
  await sql`update runs set number = (
    select count(*) from runs as earlier
    where earlier.job_id = runs.job_id and (earlier.started_at, earlier.id) <= (runs.started_at, runs.id))`.execute(
    db,
  );
  await sql`update jobs set counted_from_run = 1 + (
    select count(*) from runs where runs.job_id = jobs.id and runs.started_at < jobs.counts_from)`.execute(
    db,
  );
  await db.schema.alterTable('jobs').dropColumn('counts_from').execute();
  await db.schema.dropIndex('runs_by_job').execute();
  await db.schema.createIndex('runs_by_job').unique().on('runs').columns(['job_id', 'number']).execute();
}

/** What is called a recipe now was the preset alone; its digest counts for nothing, as the pipeline is another one, too. */
async function createRecipes(db: Kysely<Tables>): Promise<void> {
  for (const table of ['sets', 'jobs']) {
    await db.schema.alterTable(table).renameColumn('preset_digest', 'recipe_digest').execute();
  }
}

/** Jobs of before name recipes that are not here: they run with the preset of their name as it is now. */
async function keepRecipes(db: Kysely<Tables>): Promise<void> {
  await db.schema
    .createTable('recipes')
    .addColumn('digest', 'text', (column) => column.primaryKey().notNull())
    .addColumn('definition', 'text', (column) => column.notNull())
    .addColumn('preset_digest', 'text', (column) => column.notNull())
    .execute();
  await db.schema
    .createTable('watermarks')
    .addColumn('sha256', 'text', (column) => column.primaryKey().notNull())
    .addColumn('png', 'text', (column) => column.notNull())
    .execute();
  await db.schema.alterTable('images').addColumn('focus', 'text').execute();
}

async function prepareReprocessing(db: Kysely<Tables>): Promise<void> {
  await db.schema.alterTable('jobs').addColumn('pipeline_version', 'integer').execute();
  await db.schema
    .alterTable('jobs')
    .addColumn('is_batch', 'integer', (column) => column.notNull().defaultTo(0))
    .execute();
  await db.schema
    .createIndex('images_by_preset')
    .on('images')
    .columns(['preset', 'created_at', 'id'])
    .execute();
}

/** Each index has all bands: what is near is told from the index alone, as a row of its manifest is some pages. */
async function addPerceptualHashes(db: Kysely<Tables>): Promise<void> {
  const bands = ['band_0', 'band_1', 'band_2', 'band_3'] as const;
  for (const band of bands) await db.schema.alterTable('sets').addColumn(band, 'integer').execute();
  for (const [first, band] of bands.entries()) {
    const inTurn = [...bands.slice(first), ...bands.slice(0, first)];
    await db.schema
      .createIndex(`sets_by_${band}`)
      .on('sets')
      .columns(['tenant', ...inTurn])
      .execute();
  }
}

/** Before there were others, all was of one. */
async function nameTenantsOfTheDeleted(db: Kysely<Tables>): Promise<void> {
  await db.schema
    .alterTable('deleted_images')
    .addColumn('tenant', 'text', (column) => column.notNull().defaultTo(DEFAULT_TENANT))
    .execute();
}

/** Which node it was, and by what lease: for databases that several share. What is fresh has been accepted and never run;
 * of what waits the lower turns go first. */
async function nameNodes(db: Kysely<Tables>): Promise<void> {
  await db.schema.alterTable('runs').addColumn('node', 'text').execute();
  await db.schema.alterTable('runs').addColumn('lease', 'text').execute();
  await db.schema.alterTable('idempotency_keys').addColumn('node', 'text').execute();
  await db.schema
    .alterTable('jobs')
    .addColumn('is_fresh', 'integer', (column) => column.notNull().defaultTo(0))
    .execute();
  await db.schema
    .alterTable('jobs')
    .addColumn('turn', 'integer', (column) => column.notNull().defaultTo(0))
    .execute();
}

async function keepTraces(db: Kysely<Tables>): Promise<void> {
  await db.schema.alterTable('jobs').addColumn('trace', 'text').execute();
}

async function createResumableUploads(db: Kysely<Tables>): Promise<void> {
  await db.schema
    .createTable('resumable_uploads')
    .addColumn('id', 'text', (column) => column.primaryKey().notNull())
    .addColumn('tenant', 'text', (column) => column.notNull())
    .addColumn('state', 'text', (column) => column.notNull())
    .addColumn('bytes', 'bigint', (column) => column.notNull())
    .addColumn('received', 'bigint', (column) => column.notNull())
    .addColumn('parts', 'text', (column) => column.notNull())
    .addColumn('metadata', 'text', (column) => column.notNull())
    .addColumn('fields', 'text', (column) => column.notNull())
    .addColumn('hold', 'text')
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('until', 'bigint', (column) => column.notNull())
    .addColumn('image_id', 'text')
    .addColumn('job_id', 'text')
    .addColumn('refusal', 'text')
    .execute();
  await db.schema.createIndex('resumable_uploads_by_end').on('resumable_uploads').column('until').execute();
}
