import { type Kysely, sql } from 'kysely';
import type { Scrubbed } from '../erasure.ts';
import type { Tables } from '../tables.ts';

/**
 * Writes the database anew, from its rows alone. `secure_delete` overwrites what is deleted; but when SQLite moves the rest of a page
 * to another, it leaves a copy in the room between them. What the pages were before is in the write-ahead log, until that is cut to nothing.
 * Everybody else has to wait meanwhile, and it takes room for two more copies.
 * @returns `in_use` while somebody else reads the database
 */
export async function scrub(db: Kysely<Tables>): Promise<Scrubbed> {
  await sql`vacuum`.execute(db);
  const { rows } = await sql<{ busy: number }>`pragma wal_checkpoint(truncate)`.execute(db);
  return rows[0]?.busy === 0 ? 'overwritten' : 'in_use';
}
