import { type Kysely, sql } from 'kysely';
import type { Tables } from '../../jobs/schema/tables.ts';

/** Whether it is this node that does something that one of all does every so many seconds. */
export async function takeTurn(db: Kysely<Tables>, what: string, everySeconds: number): Promise<boolean> {
  const taken = await sql`
    insert into upkeep (what, at) values (${what}, clock_timestamp())
    on conflict (what) do update set at = clock_timestamp()
    where upkeep.at < clock_timestamp() - ${everySeconds} * interval '1 second'
    returning what`.execute(db);
  return taken.rows.length > 0;
}
