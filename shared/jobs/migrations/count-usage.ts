import type { Kysely } from 'kysely';
import { SetRow, type Tables } from '../schema/tables.ts';
import { bytesOf, recountUsage } from '../usage.ts';

const SETS_A_PAGE = 500;

/** What there is by now is counted once. Sets that a version before publishes beside this one count for nothing. */
export async function countUsage(db: Kysely<Tables>): Promise<void> {
  for (const table of ['usage', 'usage_changes'] as const) {
    await db.schema
      .createTable(table)
      .$call((made) =>
        table === 'usage'
          ? made.addColumn('tenant', 'text', (column) => column.primaryKey().notNull())
          : made
              .addColumn('id', 'text', (column) => column.primaryKey().notNull())
              .addColumn('tenant', 'text', (column) => column.notNull()),
      )
      .addColumn('images', 'bigint', (column) => column.notNull())
      .addColumn('original_bytes', 'bigint', (column) => column.notNull())
      .addColumn('variant_bytes', 'bigint', (column) => column.notNull())
      .execute();
  }
  await db.schema.createIndex('usage_changes_by_tenant').on('usage_changes').column('tenant').execute();
  await db.schema
    .alterTable('sets')
    .addColumn('bytes', 'bigint', (column) => column.notNull().defaultTo(0))
    .execute();
  for (let last = '', isMore = true; isMore; ) {
    const sets = await db
      .selectFrom('sets')
      .select(['run_id', 'manifest'])
      .where('run_id', '>', last)
      .orderBy('run_id')
      .limit(SETS_A_PAGE)
      .execute();
    for (const { run_id, manifest } of sets) {
      const bytes = bytesOf(SetRow.shape.manifest.parse(manifest));
      await db.updateTable('sets').set({ bytes }).where('run_id', '=', run_id).execute();
    }
    last = sets.at(-1)?.run_id ?? last;
    isMore = sets.length === SETS_A_PAGE;
  }
  await recountUsage(db);
}
