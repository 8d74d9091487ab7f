import { join } from 'node:path';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { COUNTED_TABLES, columnsOf, RECORD_TABLES } from '../../../server/migration/record-tables.ts';
import { openDatabase } from '../../../shared/jobs/sqlite/open.ts';
import { ownFolder } from '../../helpers/own-folder.ts';

test('every column of every table is moved, by the key that its rows have', async () => {
  const { raw, db } = await openDatabase(join(await ownFolder(), 'jobs.db'));
  try {
    const { rows } = await sql<{ table: string; column: string; key: number }>`
      select tables.name as "table", columns.name as "column", columns.pk as "key"
      from sqlite_schema as tables, pragma_table_info(tables.name) as columns
      where tables.type = 'table' and tables.name not like 'kysely%' and tables.name not like 'sqlite%'
        -- The numbers of changes are given anew, in whatever order the rows come.
        and tables.name != 'job_changes' and columns.name != 'change'
      order by columns.pk`.execute(db);
    const moved = rows.filter(({ table }) => !COUNTED_TABLES.some((counted) => counted === table));
    const columns = moved.map(({ table, column }) => `${table}.${column}`);
    const keys = moved.filter(({ key }) => key > 0).map(({ table, column }) => `${table}.${column}`);
    expect(
      RECORD_TABLES.flatMap((it) => columnsOf(it).map((column) => `${it.name}.${column}`)).toSorted(),
    ).toEqual(columns.toSorted());
    expect(
      RECORD_TABLES.flatMap(({ name, key }) => key.map((column) => `${name}.${column}`)).toSorted(),
    ).toEqual(keys.toSorted());
  } finally {
    raw.close();
  }
});
