import type { Pool } from 'pg';
import { migrate } from '../../shared/jobs/postgres/migrate.ts';
import type { Tables } from '../../shared/jobs/schema/tables.ts';
import { Sessions } from '../../shared/postgres/sessions.ts';

/** The records of a database, with their tables up to date, for tests that need no queue. */
export async function openRecords(pool: Pool): Promise<Sessions<Tables>> {
  const sessions = new Sessions<Tables>(pool);
  await migrate(sessions.db);
  return sessions;
}
