import { type Kysely, sql } from 'kysely';
import type { Tables } from '../../shared/jobs/schema/tables.ts';
import { recountUsage } from '../../shared/jobs/usage.ts';
import { MigrationRefused } from './migration-refused.ts';
import {
  columnsOf,
  countOf,
  names,
  pagesOf,
  RECORD_TABLES,
  type RecordTable,
  type Row,
  values,
} from './record-tables.ts';
import type { LeftOut, Report } from './sides.ts';

/** Rows of the source that are not what their columns hold. None is moved, as others may name them. */
export class UnreadableRows extends MigrationRefused {
  readonly rows: readonly LeftOut[];

  constructor(rows: readonly LeftOut[]) {
    super(`${rows.length} rows of the source cannot be read`);
    this.rows = rows;
  }
}

/**
 * Makes the records of the target those of the source, within a transaction of the target: all of them or none. What an
 * earlier call has brought is as the source has it now.
 * @returns how many there are
 * @throws {UnreadableRows} having looked at all
 * @throws {MigrationRefused} when somebody else has written to the target meanwhile
 */
export async function moveRows(
  source: Kysely<Tables>,
  target: Kysely<Tables>,
  report: Report,
): Promise<number> {
  let total = 0;
  for (const table of RECORD_TABLES) total += await countOf(source, table);
  const unreadable: LeftOut[] = [];
  let done = 0;
  const tell = () => report({ what: 'rows', done, total, bytes: 0, leftOut: unreadable.length });
  tell();
  for (const table of RECORD_TABLES) {
    for await (const page of pagesOf(source, table)) {
      unreadable.push(...page.flatMap((row) => faultOf(table, row)));
      if (unreadable.length === 0) await put(target, table, page);
      done += page.length;
      tell();
    }
  }
  if (unreadable.length > 0) throw new UnreadableRows(unreadable);
  for (const table of RECORD_TABLES) await compare(source, target, table);
  await recountUsage(target);
  return total;
}

function faultOf({ name, key, row: schema }: RecordTable, row: Row): LeftOut[] {
  const parsed = schema.safeParse(row);
  if (parsed.success) return [];
  const why = parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join(', ');
  return [{ kind: name, id: key.map((column) => row[column]).join(' '), why }];
}

async function put(target: Kysely<Tables>, table: RecordTable, page: readonly Row[]): Promise<void> {
  const columns = columnsOf(table);
  const rows = page.map((row) => values(row, columns));
  const asHere = columns.map((column) => sql`${sql.ref(column)} = ${sql.ref(`excluded.${column}`)}`);
  await sql`
    insert into ${sql.table(table.name)} (${names(columns)}) values ${sql.join(rows)}
    on conflict (${names(table.key)}) do update set ${sql.join(asHere)}`.execute(target);
}

async function compare(source: Kysely<Tables>, target: Kysely<Tables>, table: RecordTable): Promise<void> {
  const [here, there] = [await countOf(source, table), await countOf(target, table)];
  if (here === there || (table.isNamedByContent && here < there)) return;
  throw new MigrationRefused(
    `the target has ${there} ${table.name} and the source ${here}: somebody else writes to it`,
  );
}
