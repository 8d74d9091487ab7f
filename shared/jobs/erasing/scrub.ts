import { dirname } from 'node:path';
import { type Kysely, sql } from 'kysely';
import type { Tables } from '../schema/tables.ts';
import type { Scrubbed } from './erasure.ts';

/**
 * Writes the database anew, from its rows alone. `secure_delete` overwrites what is deleted; but when SQLite moves the rest of a page
 * to another, it leaves a copy in the room between them. What the pages were before is in the write-ahead log, until that is cut to
 * nothing. Everybody else has to wait meanwhile, and it takes room for two more copies, all of it beside the database: the folder for
 * what is temporary may be small.
 * @returns `in_use` while somebody else reads the database
 */
export async function scrub(db: Kysely<Tables>): Promise<Scrubbed> {
  const { rows: files } = await sql<{ file: string }>`
    select file from pragma_database_list where name = 'main'`.execute(db);
  const folder = dirname(files[0]?.file ?? '.');
  await sql`pragma temp_store_directory = ${sql.lit(folder)}`.execute(db);
  await sql`vacuum`.execute(db);
  const { rows } = await sql<{ busy: number }>`pragma wal_checkpoint(truncate)`.execute(db);
  return rows[0]?.busy === 0 ? 'overwritten' : 'in_use';
}
