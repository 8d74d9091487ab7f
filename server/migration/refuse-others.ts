import { type Kysely, sql } from 'kysely';
import type { Tables } from '../../shared/jobs/schema/tables.ts';
import { ALIVE_SECONDS } from '../../shared/queue/postgres/migrations.ts';
import { MigrationRefused } from './migration-refused.ts';
import { names, pagesOf, RECORD_TABLES, type RecordTable, type Row, values } from './record-tables.ts';

/**
 * Nodes accept, run and sweep: what is moved beside them they would take for garbage, or change.
 * @throws {MigrationRefused} when one is alive
 */
export async function refuseNodes(target: Kysely<Tables>): Promise<void> {
  const { rows } = await sql<{ nodes: number }>`
    select count(*) as nodes from nodes
    where seen_at > clock_timestamp() - ${ALIVE_SECONDS} * interval '1 second'`.execute(target);
  const nodes = rows[0]?.nodes ?? 0;
  if (nodes > 0)
    throw new MigrationRefused(`nodes of the service are at work on the target (${nodes}): stop them`);
}

/**
 * What an earlier call has brought there is of the source. Anything else is another service's, or tells that nodes have been
 * at work: then the source is not the truth any more, and nothing of theirs may be undone.
 * @throws {MigrationRefused} naming how many records that are
 */
export async function refuseForeign(source: Kysely<Tables>, target: Kysely<Tables>): Promise<void> {
  const found: string[] = [];
  for (const table of RECORD_TABLES) {
    if (table.isNamedByContent) continue;
    let foreign = 0;
    for await (const page of pagesOf(target, table, table.key))
      foreign += page.length - (await countKnown(source, table, page));
    if (foreign > 0) found.push(`${table.name}: ${foreign}`);
  }
  if (found.length === 0) return;
  throw new MigrationRefused(
    `the target holds records that the source does not have (${found.join(', ')}): it is another service's, ` +
      'or nodes have worked with it since. To begin anew takes an empty database and an empty bucket',
  );
}

async function countKnown(db: Kysely<Tables>, { name, key }: RecordTable, page: Row[]): Promise<number> {
  const { rows } = await sql<{ known: number }>`
    select count(*) as known from ${sql.table(name)}
    where (${names(key)}) in (values ${sql.join(page.map((row) => values(row, key)))})`.execute(db);
  return rows[0]?.known ?? 0;
}
