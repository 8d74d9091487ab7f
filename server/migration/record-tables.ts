import { type Kysely, type RawBuilder, sql } from 'kysely';
import type { z } from 'zod';
import { RemovalRow } from '../../shared/jobs/schema/erasure-tables.ts';
import { RecipeRow, WatermarkRow } from '../../shared/jobs/schema/recipe-tables.ts';
import { ResumableUploadRow } from '../../shared/jobs/schema/resumable-row.ts';
import {
  DeletedImageRow,
  IdempotencyKeyRow,
  ImageMetadataRow,
  ImageRow,
  JobRow,
  QuarantineRow,
  RunRow,
  SetRow,
  type Tables,
} from '../../shared/jobs/schema/tables.ts';
import { WebhookEndpointRow, WebhookMessageRow } from '../../shared/jobs/schema/webhook-tables.ts';

/** Few enough for one statement in either database, of which SQLite binds 32,766 values and PostgreSQL 65,535. */
const ROWS_A_PAGE = 500;

export interface RecordTable {
  name: keyof Tables;
  /** The columns that no two rows have in common: texts, all of them. */
  key: readonly string[];
  row: z.ZodObject;
  /** A row is called by what is in it, so that two of one name are the same, whoever has written them. */
  isNamedByContent?: true;
  /** Rows that have something in this column are left out. */
  without?: string;
}

/** As the drivers give and bind it. */
export type Row = Record<string, unknown>;

/** All that is to be moved, in an order that foreign keys allow. */
export const RECORD_TABLES: readonly RecordTable[] = [
  { name: 'sets', key: ['run_id'], row: SetRow },
  { name: 'recipes', key: ['digest'], row: RecipeRow, isNamedByContent: true },
  { name: 'watermarks', key: ['sha256'], row: WatermarkRow, isNamedByContent: true },
  { name: 'images', key: ['id'], row: ImageRow },
  { name: 'image_metadata', key: ['image_id', 'field'], row: ImageMetadataRow },
  { name: 'jobs', key: ['id'], row: JobRow },
  { name: 'runs', key: ['id'], row: RunRow },
  { name: 'deleted_images', key: ['id'], row: DeletedImageRow },
  { name: 'quarantine', key: ['tenant', 'sha256', 'decoder'], row: QuarantineRow },
  { name: 'removals', key: ['kind', 'id'], row: RemovalRow },
  { name: 'webhook_messages', key: ['id'], row: WebhookMessageRow },
  { name: 'webhook_endpoints', key: ['id'], row: WebhookEndpointRow },
  { name: 'idempotency_keys', key: ['tenant', 'key'], row: IdempotencyKeyRow },
  { name: 'resumable_uploads', key: ['id'], row: ResumableUploadRow },
];

/** What is in these is counted from the others, and not moved. */
export const COUNTED_TABLES = ['usage', 'usage_changes'] as const satisfies (keyof Tables)[];

export const columnsOf = ({ row }: RecordTable): string[] => Object.keys(row.shape);

export const names = (columns: readonly string[]): RawBuilder<unknown> =>
  sql.join(columns.map((column) => sql.ref(column)));

export const values = (row: Row, columns: readonly string[]): RawBuilder<unknown> =>
  sql`(${sql.join(columns.map((column) => row[column]))})`;

/** All rows of a table, in pages. */
export async function* pagesOf(
  db: Kysely<Tables>,
  table: RecordTable,
  columns: readonly string[] = columnsOf(table),
): AsyncGenerator<Row[]> {
  const key = names(table.key);
  const counts = table.without ? sql`${sql.ref(table.without)} is null` : sql`true`;
  for (let last: Row | undefined, isMore = true; isMore; ) {
    const after = last ? sql`and (${key}) > ${values(last, table.key)}` : sql``;
    const page = sql<Row>`
      select ${names(columns)} from ${sql.table(table.name)} where ${counts} ${after} order by ${key} limit ${ROWS_A_PAGE}`;
    const { rows } = await page.execute(db);
    if (rows.length > 0) yield rows;
    last = rows.at(-1);
    isMore = rows.length === ROWS_A_PAGE;
  }
}

export async function countOf(db: Kysely<Tables>, { name, without }: RecordTable): Promise<number> {
  const rows = db.selectFrom(name).select((eb) => eb.fn.countAll<number>().as('n'));
  const { n } = await rows
    .$if(without !== undefined, (all) => all.where(sql.ref(without ?? ''), 'is', null))
    .executeTakeFirstOrThrow();
  return n;
}
